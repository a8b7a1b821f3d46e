import { serve } from './serve.js';

/** `npm start`: the same as `signpost serve`. */
process.exitCode = await serve();

import { serve } from './serve.js';

// `npm start`: the same as `signpost serve`. Ends even if a caller's connection is still open.
process.exit(await serve());

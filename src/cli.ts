#!/usr/bin/env node
import { serve } from './serve.js';

const USAGE = `signpost: a self-hostable server-discovery broker

Usage:
  signpost serve     start the broker (settings: environment or the file .env; see .env.example)
  signpost help      show this
`;

async function run(command: string | undefined): Promise<number> {
  switch (command) {
    case 'serve':
      return serve();
    case undefined:
    case 'help':
    case '--help':
    case '-h':
      process.stdout.write(USAGE);
      return 0;
    default:
      process.stderr.write(`signpost: there is no command "${command}"\n\n${USAGE}`);
      return 64;
  }
}

process.exit(await run(process.argv[2]));

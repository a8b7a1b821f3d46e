#!/usr/bin/env node
import { CLIENT_USAGE, clientCommand } from './commands/client-command.js';
import { EXIT, UsageError } from './commands/exit-codes.js';
import { KEYS_USAGE, keysCommand } from './commands/keys-command.js';
import { ConfigError } from './config/index.js';
import { StartupError } from './platform/startup-error.js';
import { serve } from './serve.js';
import { DomainError } from './shared/domain-error.js';

const USAGE = `signpost: a self-hostable server-discovery broker

Usage:
  signpost serve     start the broker (settings: environment or the file .env; see .env.example)
  signpost client    register sites that sign people in (signpost client help)
  signpost keys      rotate the signing keys (signpost keys help)
  signpost help      show this
`;

const HELP: readonly (string | undefined)[] = ['help', '--help', '-h'];

async function run([command, ...args]: readonly string[]): Promise<number> {
  switch (command) {
    case 'serve':
      return serve();
    case 'client':
      return printed(CLIENT_USAGE, args, clientCommand);
    case 'keys':
      return printed(KEYS_USAGE, args, keysCommand);
    case undefined:
    case 'help':
    case '--help':
    case '-h':
      process.stdout.write(USAGE);
      return EXIT.ok;
    default:
      process.stderr.write(`signpost: there is no command "${command}"\n\n${USAGE}`);
      return EXIT.usage;
  }
}

/** A command that does one thing and says what came of it. */
async function printed(
  usage: string,
  args: readonly string[],
  command: (args: readonly string[]) => string | Promise<string>,
): Promise<number> {
  try {
    process.stdout.write(HELP.includes(args[0]) ? usage : await command(args));
    return EXIT.ok;
  } catch (error) {
    return explain(error, usage);
  }
}

function explain(error: unknown, usage: string): number {
  if (error instanceof UsageError) return failed(`${error.message}\n\n${usage}`, EXIT.usage);
  if (error instanceof DomainError && error.kind !== 'unavailable')
    return failed(error.message, EXIT.refused);
  if (error instanceof ConfigError) return failed(error.message, EXIT.config);
  return failed(textOf(error), EXIT.unavailable);
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const isForPeople = error instanceof StartupError || error instanceof DomainError;
  return isForPeople ? error.message : (error.stack ?? error.message);
}

function failed(message: string, code: number): number {
  process.stderr.write(`signpost: ${message.trimEnd()}\n`);
  return code;
}

process.exitCode = await run(process.argv.slice(2));
process.exit();

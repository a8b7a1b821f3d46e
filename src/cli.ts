#!/usr/bin/env node
import { backup } from './commands/backup.js';
import { client } from './commands/client.js';
import type { Command } from './commands/command.js';
import { EXIT, explain } from './commands/exit.js';
import { keys } from './commands/keys.js';
import { restore } from './commands/restore.js';
import { serve } from './serve.js';

/** Every command there is, in the order of the help. */
const COMMANDS: ReadonlyMap<string, Command> = new Map(
  Object.entries<Command>({
    serve: {
      summary: 'start the broker',
      usage: 'Usage: signpost serve\n\nSettings: environment or the file .env; see .env.example.\n',
      run: () => serve(),
    },
    backup,
    restore,
    client,
    keys,
  }),
);

const HELP = new Set(['help', '--help', '-h']);

function overview(): string {
  const lines = [...COMMANDS].map(([name, { summary }]) => `  signpost ${name.padEnd(10)} ${summary}`);
  return [
    'signpost: a self-hostable server-discovery broker\n',
    'Usage:',
    ...lines,
    '  signpost help       show this; with the name of a command, more about that one\n',
  ].join('\n');
}

async function run([name = 'help', ...args]: readonly string[]): Promise<number> {
  if (HELP.has(name)) return help(args[0]);
  const command = COMMANDS.get(name);
  if (!command) return unknown(name);
  if (args.some((argument) => HELP.has(argument) && argument !== 'help')) return help(name);
  try {
    return await command.run(args);
  } catch (error) {
    return explain(error);
  }
}

function help(name: string | undefined): number {
  const text = name === undefined ? overview() : COMMANDS.get(name)?.usage;
  if (text === undefined) return unknown(name ?? '');
  process.stdout.write(text);
  return EXIT.ok;
}

function unknown(name: string): number {
  process.stderr.write(`signpost: there is no command "${name}"\n\n${overview()}`);
  return EXIT.usage;
}

process.exit(await run(process.argv.slice(2)));

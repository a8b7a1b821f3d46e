#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { argumentsOf } from './commands/arguments.js';
import type { Command } from './commands/command.js';
import { EXIT, explain } from './commands/exit.js';

const SERVE = 'Usage: signpost serve\n\nSettings: environment or the file .env; see .env.example.\n';

const serve: Command = {
  usage: SERVE,
  async run(args) {
    argumentsOf(args, [], 0, SERVE);
    return (await import('./serve.js')).serve();
  },
};

interface Named {
  /** For the list of commands: half a line. */
  readonly summary: string;
  /** Loaded only when it is called: the broker is large, and a command should not wait for it. */
  readonly load: () => Command | Promise<Command>;
}

/** Every command there is, in the order of the help. */
const COMMANDS: ReadonlyMap<string, Named> = new Map(
  Object.entries<Named>({
    serve: { summary: 'start the broker', load: () => serve },
    backup: {
      summary: 'write everything to a file, while the broker runs',
      load: async () => (await import('./commands/backup.js')).backup,
    },
    restore: {
      summary: 'put a backup back, or accept one that was put back',
      load: async () => (await import('./commands/restore.js')).restore,
    },
    client: {
      summary: 'register sites that sign people in',
      load: async () => (await import('./commands/client.js')).client,
    },
    keys: {
      summary: 'rotate the keys that sign tokens',
      load: async () => (await import('./commands/keys.js')).keys,
    },
  }),
);

const HELP = new Set(['help', '--help', '-h']);
const VERSION = new Set(['version', '--version', '-v']);

function overview(): string {
  const lines = [...COMMANDS].map(([name, { summary }]) => `  signpost ${name.padEnd(10)} ${summary}`);
  return [
    'signpost: a self-hostable server-discovery broker\n',
    'Usage:',
    ...lines,
    '  signpost help       show this; with the name of a command, more about that one',
    '  signpost version    show which version this is\n',
  ].join('\n');
}

async function run([name = 'help', ...args]: readonly string[]): Promise<number> {
  if (HELP.has(name)) return help(args[0]);
  if (VERSION.has(name)) return version();
  const command = COMMANDS.get(name);
  if (!command) return unknown(name);
  if (args.some((argument) => HELP.has(argument) && argument !== 'help')) return help(name);
  try {
    return await (await command.load()).run(args);
  } catch (error) {
    return explain(error);
  }
}

async function help(name: string | undefined): Promise<number> {
  const command = name === undefined ? undefined : COMMANDS.get(name);
  if (name !== undefined && !command) return unknown(name);
  process.stdout.write(command ? (await command.load()).usage : overview());
  return EXIT.ok;
}

function version(): number {
  // From dist/modules, where this file was compiled to.
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  process.stdout.write(`${(JSON.parse(text) as { version: string }).version}\n`);
  return EXIT.ok;
}

function unknown(name: string): number {
  process.stderr.write(`signpost: there is no command "${name}"\n\n${overview()}`);
  return EXIT.usage;
}

process.exit(await run(process.argv.slice(2)));

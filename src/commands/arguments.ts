import { parseArgs } from 'node:util';
import { UsageError } from './exit.js';

/** What a command was called with: words, and which switches are on. */
interface Arguments {
  readonly words: readonly string[];
  readonly has: (name: string) => boolean;
}

/** @throws UsageError with the usage, for a switch that the command does not know or a wrong number of words */
export function argumentsOf(
  args: readonly string[],
  switches: readonly string[],
  words: number,
  usage: string,
): Arguments {
  const options = Object.fromEntries(switches.map((name) => [name, { type: 'boolean' as const }]));
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    if (positionals.length !== words) throw new UsageError(usage);
    return { words: positionals, has: (name) => values[name] === true };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${(error as Error).message}\n\n${usage}`);
  }
}

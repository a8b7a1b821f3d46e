import { ConfigError } from '../config/index.js';
import { UnreadableBackup } from '../platform/backup/unreadable-backup.js';
import { StartupError, startupErrorIn } from '../platform/startup-error.js';
import { DomainError } from '../shared/domain-error.js';

/** Exit codes of sysexits.h. */
export const EXIT = {
  ok: 0,
  /** EX_USAGE: the command was called wrongly. */
  usage: 64,
  /** EX_DATAERR: a file does not hold what it should, or a rule forbids what was given. */
  data: 65,
  /** EX_UNAVAILABLE: something is missing around us, or stands in the way. */
  unavailable: 69,
  /** EX_CONFIG: wrong settings. */
  config: 78,
  /** 128 + SIGINT: ended by the person at the keyboard. */
  interrupted: 130,
} as const;

/** A command that was called wrongly: `message` says how it is called. */
export class UsageError extends Error {}

/** Tells people why a command failed: in words where they can mend it, else with the stack. @returns the exit code */
export function explain(error: unknown): number {
  const { text, code } = explanationOf(startupErrorIn(error) ?? error);
  process.stderr.write(`${text}\n`);
  return code;
}

function explanationOf(error: unknown): { text: string; code: number } {
  if (!(error instanceof Error)) return { text: String(error), code: EXIT.unavailable };
  const code = codeOf(error);
  return {
    text: code === null ? (error.stack ?? error.message) : error.message,
    code: code ?? EXIT.unavailable,
  };
}

/** Of an error in whose words people can mend it, else null. */
function codeOf(error: Error): number | null {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof ConfigError) return EXIT.config;
  if (error instanceof UnreadableBackup) return EXIT.data;
  if (error instanceof StartupError) return EXIT.unavailable;
  if (error instanceof DomainError) return error.kind === 'unavailable' ? EXIT.unavailable : EXIT.data;
  return null;
}

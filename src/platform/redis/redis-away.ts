/** Redis did not do what it was asked for: whoever asked goes on without it. */
export class RedisAway extends Error {
  constructor(cause?: unknown) {
    super('Redis is away', { cause });
    this.name = 'RedisAway';
  }
}

/**
 * First words of replies that say: not now. Every other error that Redis replies with says that it was asked wrongly, and
 * is a mistake of ours (or of who may do what on it) that must be seen.
 */
const NOT_NOW: ReadonlySet<string> = new Set([
  // Starts, and reads its file first.
  'LOADING',
  // Is not the primary any more, or has lost sight of it.
  'READONLY',
  'MASTERDOWN',
  // Takes no writes: memory full (it must evict nothing, several-nodes.md), disk full, too few replicas.
  'OOM',
  'MISCONF',
  'NOREPLICAS',
  // Is held up by somebody's script.
  'BUSY',
]);

/** Whether this is for whoever asked to live with, and no mistake in what was asked. */
export function isAbsence(error: unknown): boolean {
  if (error instanceof TypeError) return false;
  // By its name: the driver's class is not there before the driver is.
  const isReply = error instanceof Error && error.name === 'ReplyError';
  return !isReply || NOT_NOW.has(error.message.split(' ', 1)[0] ?? '');
}

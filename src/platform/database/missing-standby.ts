import type { DataSource } from 'typeorm';
import { StartupError } from '../startup-error.js';

/** So long a COMMIT may wait for its standby at a start: one that is only restarted is back by then. */
const PATIENCE_MS = 5_000;
const LOOK_EVERY_MS = 1_000;

/**
 * Ends whoever of these has waited too long. Cutting the connection would not: PostgreSQL goes on waiting then, with the lock that the next
 * start needs.
 */
const END = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE pid = ANY($1::int[]) AND wait_event = 'SyncRep'
    AND state_change < clock_timestamp() - interval '${PATIENCE_MS} milliseconds'`;

const MISSING =
  'PostgreSQL does not confirm a change, because it waits for a standby that is not there (synchronous_standby_names). Start the standby, or take it out of that setting. The next start goes on where this one ended.';

/**
 * What is done at a start without a statement time-out: were the synchronous standby missing, its first COMMIT would wait in silence for
 * ever.
 *
 * @param pids of the sessions of `source`, which may grow
 * @throws StartupError if one of them has waited too long
 */
export async function unlessStandbyIsMissing(
  source: DataSource,
  pids: ReadonlySet<number>,
  act: () => Promise<void>,
): Promise<void> {
  const ended: unknown[] = [];
  const timer = setInterval(() => {
    const look = source.query<unknown[]>(END, [[...pids]]);
    // Without an answer the next look tells.
    look.then(
      (sessions) => ended.push(...sessions),
      () => undefined,
    );
  }, LOOK_EVERY_MS);
  try {
    await act();
  } catch (error) {
    if (ended.length > 0) throw new StartupError(MISSING, error);
    throw error;
  } finally {
    clearInterval(timer);
  }
}

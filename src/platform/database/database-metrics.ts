import type { Pool } from 'pg';
import { counter, gauge, histogram } from '../metrics/metrics.js';

export const unitsOfWork = histogram({
  name: 'signpost_units_of_work_duration_seconds',
  help: 'Transactions that write, from asking for their turn until the answer, repetitions included: committed, refused by a rule and undone, or failed.',
  labels: { outcome: ['committed', 'refused', 'failed'] },
});

export const repetitions = counter({
  name: 'signpost_units_of_work_repeated_total',
  help: 'Transactions that lost a race on PostgreSQL and ran again (at most three times each).',
  labels: {},
});

export const joinedTransactions = counter({
  name: 'signpost_joined_transactions_total',
  help: 'Transactions that several units of work shared on PostgreSQL: `committed` for all but those that left them to run alone, `undone` so that each of them ran alone, or `failed` for all. Many `undone` cost more than no sharing.',
  labels: { outcome: ['committed', 'undone', 'failed'] },
});

export const commitsInDoubt = counter({
  name: 'signpost_commits_in_doubt_total',
  help: 'Commits whose answer was lost: they may have happened. Callers were told 503.',
  labels: {},
});

export const standbyMissing = gauge({
  name: 'signpost_standby_missing',
  help: '1 while commits wait for a synchronous standby of PostgreSQL that does not confirm them, and for a minute afterwards. Nothing on SQLite.',
  labels: {},
});

export const diskFull = gauge({
  name: 'signpost_disk_full',
  help: '1 while there is no room on the disk of the database: what writes is refused, except signing in on SQLite, for which room is kept. On PostgreSQL for a minute after each write that found none.',
  labels: {},
});

const connections = gauge({
  name: 'signpost_database_connections',
  help: 'Connections to PostgreSQL, by pool and state; `waiting` are requests that wait for one. Nothing on SQLite.',
  labels: { pool: ['writer', 'reader'], state: ['busy', 'idle', 'waiting'] },
});

/** Shows how a pool of connections is used. */
export function measurePool(pool: 'writer' | 'reader', of: Pool): void {
  connections.readBy({ pool, state: 'busy' }, () => of.totalCount - of.idleCount);
  connections.readBy({ pool, state: 'idle' }, () => of.idleCount);
  connections.readBy({ pool, state: 'waiting' }, () => of.waitingCount);
}

import { MINUTE, SECOND } from '../../shared/clock.js';
import type { Connections } from '../database/connections.js';
import { StartupError } from '../startup-error.js';

/** So far a machine may be off before one of the two clocks must be wrong and nobody knows which. */
const IN_DOUBT_AT_MS = 5 * MINUTE;

const NOW = 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now';

/** What time PostgreSQL takes it to be. */
export async function timeOf(source: Connections['reader']): Promise<number> {
  const [row] = await source.query<[{ now: number }]>(NOW);
  return row.now;
}

/** @param offMs how far the machine is ahead of PostgreSQL */
export function isInDoubt(offMs: number): boolean {
  return Math.abs(offMs) > IN_DOUBT_AT_MS;
}

/** Nobody knows what time it is. */
export function clocksDiffer(offMs: number): StartupError {
  return new StartupError(
    `The clocks of this machine and of PostgreSQL (DATABASE_URL) differ by ${Math.round(offMs / SECOND)} seconds. Set both by NTP, and start again.`,
  );
}

import type { DataSource } from 'typeorm';
import type { Connections } from '../../src/platform/database/connections.js';

const LONG_MS = 60_000;

/**
 * Waits for a connection longer than a broker does (a second, R-12): where a test asks for twenty at once on a machine that has
 * much else to do, that is no sign that PostgreSQL is away. Not for tests in which it is.
 */
export function waitForConnections({ kind, writer, reader }: Connections): void {
  if (kind !== 'postgres') return;
  for (const { driver } of [writer, reader] as readonly DataSource[])
    (driver as unknown as Pooled).master.options.connectionTimeoutMillis = LONG_MS;
}

interface Pooled {
  readonly master: { readonly options: { connectionTimeoutMillis: number } };
}

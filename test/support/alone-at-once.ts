import { afterAll, beforeAll } from '@jest/globals';
import { PostgresSolitude } from '../../src/platform/database/postgres-solitude.js';

/** Instead of five seconds. */
const GONE_AFTER_MS = 300;

/**
 * Once in a file whose tests wait until a broker on PostgreSQL remembers what it reads. It does not before those must be gone
 * who may have lost their lock as it came; in a database that a test has made nobody has.
 */
export function beAloneAtOnce(): void {
  const open = PostgresSolitude.open.bind(PostgresSolitude);
  beforeAll(() => {
    PostgresSolitude.open = (url: string, goneAfterMs?: number, noticedAfterMs?: number) =>
      open(url, goneAfterMs ?? GONE_AFTER_MS, noticedAfterMs);
  });
  afterAll(() => {
    PostgresSolitude.open = open;
  });
}

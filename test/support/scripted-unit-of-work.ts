import { SystemRandom } from '../../src/platform/crypto/system-random.js';
import type { Connections } from '../../src/platform/database/connections.js';
import { NoReserve } from '../../src/platform/database/reserve.js';
import { IN_COMPANY } from '../../src/platform/database/solitude.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';

/** A unit of work on a PostgreSQL that is not there and answers COMMIT as it is told. */
export function unitOfWorkThatCommits(commit: () => Promise<void>): UnitOfWork {
  const query = (sql: string): Promise<void> => (sql.endsWith('COMMIT') ? commit() : Promise.resolve());
  const writer = {
    options: { type: 'postgres' },
    createQueryRunner: () => ({ query, connect: () => Promise.resolve(), release: () => Promise.resolve() }),
    createEntityManager: () => ({}),
  };
  const connections = {
    kind: 'postgres',
    writer,
    solitude: IN_COMPANY,
    reserve: new NoReserve(),
  } as unknown as Connections;
  return new UnitOfWork(connections, new SystemRandom());
}

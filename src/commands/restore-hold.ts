import { z } from 'zod';
import { tables } from '../tables.js';
import { loadConfig } from '../config/index.js';
import { RestoresRepository } from '../features/restores/index.js';
import { SystemClock } from '../platform/clock/system-clock.js';
import { SystemRandom } from '../platform/crypto/system-random.js';
import { databaseOf } from '../platform/database/databases.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { EXIT, UsageError } from './exit.js';
import { elseSay } from './unconfirmed.js';

/** What `Date.parse` makes of anything else is a guess: of "1" the year 2001. */
const WHOLE_TIME = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);

const IF_HELD =
  '"signpost restore accept" shows whether it is held; without --yes it asks before it accepts.';

/** `signpost restore hold <time>`: for a database that was put back by other means, which nobody can tell by looking. */
export async function holdByHand(time: string): Promise<number> {
  const restoredAt = new SystemClock().now();
  const backupCreatedAt = Date.parse(time);
  if (!WHOLE_TIME.safeParse(time).success || backupCreatedAt > restoredAt) {
    throw new UsageError(
      `"${time}" is not a time in the past such as 2026-11-22T03:30:00Z, or 2026-11-22 for the beginning of that day (UTC).`,
    );
  }
  const connections = await databaseOf(loadConfig(), tables).beside();
  try {
    const random = new SystemRandom();
    const restores = new RestoresRepository(new UnitOfWork(connections, random));
    const hold = { id: random.hex(16), backupCreatedAt, restoredAt, acceptedAt: null };
    await elseSay(IF_HELD, () => restores.add(hold));
  } finally {
    await connections.close();
  }
  process.stdout.write(
    'Held. Brokers tell media servers and devices to come back later, until: signpost restore accept\n',
  );
  return EXIT.ok;
}

import { createInterface } from 'node:readline/promises';
import { tables } from '../tables.js';
import { loadConfig, type Config } from '../config/index.js';
import { RestoresRepository, type Restore } from '../features/restores/index.js';
import { SystemClock } from '../platform/clock/system-clock.js';
import { SystemRandom } from '../platform/crypto/system-random.js';
import { databaseOf, type Database } from '../platform/database/databases.js';
import { UnitOfWork } from '../platform/database/unit-of-work.js';
import { DAY } from '../shared/clock.js';
import { EXIT } from './exit.js';
import { inGroups } from './progress.js';
import { elseSay } from './unconfirmed.js';

const IF_ACCEPTED = 'Say "signpost restore accept" again: it says whether a restore still waits.';

/** `signpost restore accept`: says what is not known, asks, and takes the hold off. A broker may run. */
export async function acceptRestore(yes: boolean): Promise<number> {
  const config = loadConfig();
  const database = databaseOf(config, tables);
  const connections = await database.beside();
  try {
    const restores = new RestoresRepository(new UnitOfWork(connections, new SystemRandom()));
    const held = (await restores.all()).find(({ acceptedAt }) => acceptedAt === null);
    if (!held) {
      process.stdout.write('No restore waits to be accepted.\n');
      return EXIT.ok;
    }
    process.stdout.write(whatIsUnknown(held, await countsOf(database), config));
    if (!yes && !(await isConfirmed())) return EXIT.unavailable;
    await elseSay(IF_ACCEPTED, () => restores.accept(new SystemClock().now()));
    process.stdout.write(
      'Accepted. Brokers that run answer media servers and devices again within seconds.\n',
    );
    return EXIT.ok;
  } finally {
    await connections.close();
  }
}

async function countsOf(database: Database): Promise<string> {
  const snapshot = await database.snapshot();
  try {
    const counts: string[] = [];
    for (const table of snapshot.tables) {
      if (!['accounts', 'servers', 'links'].includes(table.name)) continue;
      counts.push(`${inGroups(await snapshot.count(table))} ${table.name}`);
    }
    return counts.join(', ');
  } finally {
    await snapshot.close();
  }
}

function whatIsUnknown(
  { backupCreatedAt, restoredAt }: Restore,
  counts: string,
  { restoreGrace }: Config,
): string {
  const [made, restored] = [backupCreatedAt, restoredAt].map((time) => new Date(time).toISOString());
  return `The database is a backup of ${made}, or a copy that was no further then, in use
since ${restored}: ${counts}.

What happened after that is not known to this broker:
  - links made since are missing. When you accept, their media servers are told so: they REMOVE
    the guest users of those links and unlink the local users. Their admins have to link again.
  - links ended since are alive again: their media servers create guest users anew. Their admins
    have to look at their users and remove those once more.
  - servers registered since are unknown. For ${Math.round((restoreGrace / DAY) * 10) / 10} days (RESTORE_GRACE_SECONDS) they are told
    to come back later; after that they register anew and remove their guests.
  - accounts opened or closed, and passwords and addresses changed since, are as they were.
Tell the admins of the servers before you accept. If there is a newer backup, restore that.

`;
}

/** A command that nobody sits in front of must say --yes. */
async function isConfirmed(): Promise<boolean> {
  if (!process.stdin.isTTY) {
    process.stderr.write('Nothing was changed. To accept, say: signpost restore accept --yes\n');
    return false;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await terminal.question('Type "accept" to go on: ');
  terminal.close();
  if (answer.trim() === 'accept') return true;
  process.stderr.write('Nothing was changed.\n');
  return false;
}

import { tables } from '../tables.js';
import { loadConfig, type Config } from '../config/index.js';
import type { BackupHeader } from '../platform/backup/backup-format.js';
import { readBackup } from '../platform/backup/backup-reader.js';
import { UnreadableBackup } from '../platform/backup/unreadable-backup.js';
import { SystemClock } from '../platform/clock/system-clock.js';
import type { KeyCanary } from '../platform/crypto/key-canaries.repository.js';
import { requireKeyRingFor } from '../platform/crypto/open-key-ring.js';
import { SystemRandom } from '../platform/crypto/system-random.js';
import { databaseOf } from '../platform/database/databases.js';
import { schemaNames } from '../platform/database/migrations/index.js';
import type { Rebuild } from '../platform/database/rebuild.js';
import type { Row, TableShape } from '../platform/database/table-shape.js';
import { StartupError, startupErrorIn } from '../platform/startup-error.js';
import { argumentsOf } from './arguments.js';
import type { Command } from './command.js';
import { UsageError } from './exit.js';
import { interruptible } from './interrupt.js';
import { inGroups, progressOf } from './progress.js';
import { acceptRestore } from './restore-accept.js';
import { holdByHand } from './restore-hold.js';
import { isRestored } from './restored-tables.js';
import { elseSay } from './unconfirmed.js';

const USAGE = `Usage: signpost restore <file> [--replace] [--keep-sign-ins]
       signpost restore accept [--yes]
       signpost restore hold <time>

The first form puts a backup into the database that the settings name (SQLite in DATA_DIR, or
DATABASE_URL), whichever of the two it was made on. All of it, or nothing is changed. The broker
must be stopped, and the key ring of the time of the backup be in its place.

  --replace         the database holds something: replace it. SQLite: the old file is kept beside
                    the new one. PostgreSQL: the old rows are gone; make a backup of them first
  --keep-sign-ins   keep devices and browsers signed in, one-time links and mails that wait. Only
                    for a backup that was made with --stopped, and if no broker ran since

The broker then starts in restore hold: people sign in, but media servers and devices are told to
come back later, until the second form. It says what cannot be known, asks, and takes the hold off;
the broker may run meanwhile.

  --yes             do not ask

The third form is for a database that was put back by other means (a copied file, pg_restore, a
standby that was behind): it puts the hold on. <time> is that of the copy: 2026-11-22T03:30:00Z,
or 2026-11-22 for the beginning of that day (UTC).
`;

/** `signpost restore`. */
export const restore: Command = {
  usage: USAGE,
  async run(args) {
    if (args[0] === 'accept') {
      return acceptRestore(argumentsOf(args, ['yes'], 1, USAGE).has('yes'));
    }
    if (args[0] === 'hold') return holdByHand(argumentsOf(args, [], 2, USAGE).words[1] ?? '');
    const { words, has } = argumentsOf(args, ['replace', 'keep-sign-ins'], 1, USAGE);
    const [file = ''] = words;
    process.umask(0o077);
    const config = loadConfig();
    return interruptible('the database was left as it was.', async (signal) => {
      const order = { file, replace: has('replace'), keepSignIns: has('keep-sign-ins'), signal };
      const header = await inspect(order, config);
      report(header, await putBack(order, header, config), order);
    });
  },
};

const IF_RESTORED =
  '"signpost restore accept" shows which backup the database is; without --yes it asks before it accepts.';

const NO_TABLE: TableShape = { name: '', columns: [] };

interface Order {
  readonly file: string;
  readonly replace: boolean;
  readonly keepSignIns: boolean;
  /** Ends the work; nothing is changed then. */
  readonly signal: AbortSignal;
}

/** Reads all of the file before anything is touched. @throws UnreadableBackup, StartupError, UsageError */
async function inspect(order: Order, config: Config): Promise<BackupHeader> {
  const { file, keepSignIns } = order;
  const { header, canaries } = await readThrough(order, config.backupPassphrase);
  if (header.schema.some((name) => !schemaNames.includes(name))) {
    throw new UnreadableBackup(file, 'was made by a later version of Signpost. Restore it with that.');
  }
  if (keepSignIns && !header.brokerStopped) {
    throw new UsageError(
      '--keep-sign-ins is only for backups that were made with --stopped: what was ended since would be alive again.',
    );
  }
  requireKeyRingFor(canaries, config.keyRingFile, new SystemRandom());
  return header;
}

async function readThrough(
  { file, signal }: Order,
  passphrase: string | undefined,
): Promise<{ header: BackupHeader; canaries: KeyCanary[] }> {
  let header: BackupHeader | undefined;
  let table: TableShape = NO_TABLE;
  const canaries: KeyCanary[] = [];
  for await (const part of readBackup(file, passphrase)) {
    signal.throwIfAborted();
    if (part.is === 'header') header = part.header;
    if (part.is === 'table') table = part.table;
    if (part.is === 'rows' && table.name === 'key_canaries') canaries.push(...canariesIn(table, part.rows));
  }
  if (!header) throw new UnreadableBackup(file, 'is empty.');
  return { header, canaries };
}

function canariesIn({ columns }: TableShape, rows: readonly Row[]): KeyCanary[] {
  const [keyId, use, value] = ['key_id', 'use', 'value'].map((name) =>
    columns.findIndex((column) => column.name === name),
  ) as [number, number, number];
  return rows.map((row) => ({ keyId: String(row[keyId]), use: String(row[use]), value: String(row[value]) }));
}

/** @returns where the old database was kept, or null */
async function putBack(order: Order, header: BackupHeader, config: Config): Promise<string | null> {
  const database = databaseOf(config, tables);
  const alone = await database.alone();
  try {
    const rebuild = await database.rebuild();
    try {
      refuseOccupied(rebuild, order);
      await fill(rebuild, order, header, config.backupPassphrase);
      order.signal.throwIfAborted();
      return await elseSay(IF_RESTORED, () => rebuild.finish());
    } catch (error) {
      throw startupErrorIn(error) ?? failed(order.file, error);
    } finally {
      await rebuild.close();
    }
  } finally {
    await alone.release();
  }
}

function refuseOccupied({ occupied }: Rebuild, { replace }: Order): void {
  if (replace || occupied.length === 0) return;
  throw new StartupError(
    `The database is in use already (${occupied.join(', ')}). Nothing was changed. To replace it, say --replace.`,
  );
}

async function fill(
  rebuild: Rebuild,
  { file, keepSignIns, signal }: Order,
  { schema, rows, createdAt }: BackupHeader,
  passphrase: string | undefined,
): Promise<void> {
  await rebuild.begin(schema);
  const tell = progressOf('restore');
  let table = NO_TABLE;
  let done = 0;
  for await (const part of readBackup(file, passphrase)) {
    signal.throwIfAborted();
    if (part.is === 'table') [table, done] = [part.table, 0];
    if (part.is !== 'rows' || !isRestored(table.name, keepSignIns)) continue;
    await rebuild.insert(table, part.rows);
    done += part.rows.length;
    tell(`${table.name}, ${inGroups(done)} of ${inGroups(rows[table.name] ?? 0)} rows`);
  }
  const now = await rebuild.migrateUp();
  await hold(rebuild, now, createdAt);
}

/** From its first moment on the restored database holds the broker. */
async function hold(rebuild: Rebuild, now: readonly TableShape[], backupCreatedAt: number): Promise<void> {
  const table = now.find(({ name }) => name === 'restores');
  if (!table) throw new Error('there is no table for restores');
  const values: Record<string, string | number | null> = {
    id: new SystemRandom().hex(16),
    backup_created_at: backupCreatedAt,
    restored_at: new SystemClock().now(),
    accepted_at: null,
  };
  await rebuild.insert(table, [table.columns.map(({ name }) => values[name] ?? null)]);
}

function failed(file: string, error: unknown): StartupError {
  return new StartupError(
    `The backup ${file} could not be restored: ${(error as Error).message}. The database was left as it was.`,
    error,
  );
}

function report({ createdAt, rows }: BackupHeader, aside: string | null, { keepSignIns }: Order): void {
  const { accounts = 0, servers = 0, links = 0 } = rows;
  const kept = aside === null ? '' : `The database that was there is kept as ${aside}.\n`;
  process.stdout
    .write(`Restored the backup of ${new Date(createdAt).toISOString()}: ${inGroups(accounts)} accounts, ${inGroups(servers)} servers, ${inGroups(links)} links.
${kept}${keepSignIns ? 'Devices and browsers stay signed in.' : 'Everybody has to sign in again, on every device.'}
The broker will start in restore hold: media servers and devices are told to come back later.
Start it, look, and then: signpost restore accept
`);
}

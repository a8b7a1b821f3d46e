import { constants, setPriority } from 'node:os';
import { tables } from '../tables.js';
import { loadConfig, type Config } from '../config/index.js';
import type { BackupHeader } from '../platform/backup/backup-format.js';
import { noteBackup } from '../platform/backup/last-backup.js';
import { writeBackup } from '../platform/backup/backup-writer.js';
import { SystemRandom } from '../platform/crypto/system-random.js';
import { databaseOf } from '../platform/database/databases.js';
import type { Snapshot } from '../platform/database/snapshot.js';
import { argumentsOf } from './arguments.js';
import type { Command } from './command.js';
import { UsageError } from './exit.js';
import { interruptible } from './interrupt.js';
import { inGroups, progressOf } from './progress.js';

const USAGE = `Usage: signpost backup <file> [--encrypt] [--force] [--stopped]

Writes all of the database to <file>, while the broker runs. The key ring is not in it.

  --encrypt   fail unless the backup is encrypted. It is whenever BACKUP_PASSPHRASE
              (or BACKUP_PASSPHRASE_FILE) is set
  --force     replace <file> if it exists
  --stopped   for a move to another machine or database: fail if a broker runs, and note in
              the backup that none did, so that "signpost restore --keep-sign-ins" is possible
`;

/** `signpost backup`. */
export const backup: Command = {
  usage: USAGE,
  async run(args) {
    const { words, has } = argumentsOf(args, ['encrypt', 'force', 'stopped'], 1, USAGE);
    const [file = ''] = words;
    const config = loadConfig();
    if (has('encrypt') && config.backupPassphrase === undefined) {
      throw new UsageError(
        '--encrypt needs a passphrase: set BACKUP_PASSPHRASE_FILE (or BACKUP_PASSPHRASE).',
      );
    }
    letTheBrokerGoFirst();
    const order = { file, force: has('force'), stopped: has('stopped') };
    return interruptible('no backup was made.', async (signal) => {
      const header = await backUp(config, order, signal);
      report(file, header, config);
      note(config, header);
    });
  },
};

interface Order {
  readonly file: string;
  readonly force: boolean;
  readonly stopped: boolean;
}

async function backUp(
  config: Config,
  { file, force, stopped }: Order,
  signal: AbortSignal,
): Promise<BackupHeader> {
  const database = databaseOf(config, tables);
  const alone = stopped ? await database.alone() : null;
  const snapshot = await database.snapshot();
  try {
    const header = await headerOf(snapshot, stopped);
    const tell = progressOf('backup');
    const progress = (table: string, rows: number): void =>
      tell(`${table}, ${inGroups(rows)} of ${inGroups(header.rows[table] ?? 0)} rows`);
    const target = { file, force, passphrase: config.backupPassphrase, signal, progress };
    await writeBackup(snapshot, header, target, new SystemRandom());
    return header;
  } finally {
    await snapshot.close();
    await alone?.release();
  }
}

async function headerOf(snapshot: Snapshot, brokerStopped: boolean): Promise<BackupHeader> {
  const rows: Record<string, number> = {};
  for (const table of snapshot.tables) rows[table.name] = await snapshot.count(table);
  const { createdAt, kind: database, schema } = snapshot;
  return { createdAt, database, schema, brokerStopped, rows };
}

function report(file: string, { rows }: BackupHeader, { keyRingFile, backupPassphrase }: Config): void {
  const all = Object.values(rows).reduce((sum, count) => sum + count, 0);
  const { accounts = 0, servers = 0, links = 0 } = rows;
  process.stdout
    .write(`${file}: ${inGroups(all)} rows (${inGroups(accounts)} accounts, ${inGroups(servers)} servers, ${inGroups(links)} links), ${backupPassphrase === undefined ? 'not encrypted: it holds names, addresses and history of everybody' : 'encrypted'}.
The key ring is not in it, and without it link keys and passwords in it are lost.
Keep a copy of ${keyRingFile} as well, in another place.
`);
}

/** For the metrics of the broker. The backup is made: that it cannot be noted does not undo it. */
function note({ dataDir }: Config, { createdAt }: BackupHeader): void {
  try {
    noteBackup(dataDir, createdAt);
  } catch (error) {
    process.stderr.write(`The metrics will not show this backup: ${(error as Error).message}\n`);
  }
}

function letTheBrokerGoFirst(): void {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // A sandbox may forbid it: the backup is made all the same.
  }
}

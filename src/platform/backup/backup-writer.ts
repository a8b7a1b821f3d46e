import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Random } from '../../shared/random.js';
import { putInPlace } from '../database/files.js';
import type { Snapshot } from '../database/snapshot.js';
import { StartupError } from '../startup-error.js';
import { endLine, headerLine, rowLine, tableLine, type BackupHeader } from './backup-format.js';
import { readBackup } from './backup-reader.js';
import { sealedStream } from './sealed-stream.js';

/** Where a backup goes and how. */
export interface BackupTarget {
  readonly file: string;
  /** Whether a file that stands there may be replaced. */
  readonly force: boolean;
  /** Seals it with this. */
  readonly passphrase: string | undefined;
  /** Ends the work; nothing is left then. */
  readonly signal: AbortSignal;
  /** Told now and then: which table, how many of its rows. */
  readonly progress: (table: string, rows: number) => void;
}

/**
 * Writes a snapshot to a file, for its owner only. It is written beside its place, synced to disk, read again and
 * compared, and only then gets its name: a file of that name is always a whole backup.
 *
 * @throws StartupError if the file exists (without `force`) or cannot be written
 */
export async function writeBackup(
  snapshot: Snapshot,
  header: BackupHeader,
  target: BackupTarget,
  random: Random,
): Promise<void> {
  refuseExisting(target);
  const unfinished = `${target.file}.${random.hex(4)}.unfinished`;
  try {
    await write(unfinished, backupLines(snapshot, header, target), target, random);
    await readThrough(unfinished, target);
    refuseExisting(target);
    putInPlace(unfinished, target.file);
  } catch (error) {
    const { syscall, message } = error as NodeJS.ErrnoException;
    if (syscall === undefined || target.signal.aborted) throw error;
    throw new StartupError(`The backup ${target.file} cannot be written: ${message}`, error);
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** @throws Error if what was written is not what was meant, or the work was ended */
async function readThrough(file: string, { passphrase, signal }: BackupTarget): Promise<void> {
  const parts = readBackup(file, passphrase);
  while ((await parts.next()).done !== true) signal.throwIfAborted();
}

function refuseExisting({ file, force }: BackupTarget): void {
  const there = statSync(file, { throwIfNoEntry: false });
  if (!there) return;
  // A backup takes the place of what is there: that must not be a device such as /dev/stdout, or a folder.
  if (!there.isFile()) throw new StartupError(`${file} is no file: a backup cannot take its place.`);
  if (force) return;
  throw new StartupError(`${file} exists already. Choose another name, or say --force to replace it.`);
}

async function write(
  unfinished: string,
  lines: AsyncIterable<string>,
  { passphrase, signal }: BackupTarget,
  random: Random,
): Promise<void> {
  const handle = await open(unfinished, 'wx', 0o600);
  const sink = handle.createWriteStream({ flush: true });
  const source = Readable.from(lines, { objectMode: true });
  const gzip = createGzip();
  if (passphrase === undefined) return pipeline(source, gzip, sink, { signal });
  const seal = (bytes: AsyncIterable<Buffer>): AsyncIterable<Buffer> =>
    sealedStream(bytes, passphrase, random);
  return pipeline(source, gzip, seal, sink, { signal });
}

/** All lines of a backup, each with its line break, a few hundred rows at a time. */
async function* backupLines(
  snapshot: Snapshot,
  header: BackupHeader,
  { progress }: BackupTarget,
): AsyncGenerator<string> {
  const hash = createHash('sha256');
  const hashed = (text: string): string => {
    hash.update(text);
    return text;
  };
  let all = 0;
  yield hashed(`${headerLine(header)}\n`);
  for (const table of snapshot.tables) {
    yield hashed(`${tableLine(table)}\n`);
    let rows = 0;
    for await (const batch of snapshot.rows(table)) {
      yield hashed(batch.map((row) => `${rowLine(row)}\n`).join(''));
      rows += batch.length;
      progress(table.name, rows);
    }
    all += rows;
  }
  yield `${endLine({ rows: all, sha256: hash.digest('hex') })}\n`;
}

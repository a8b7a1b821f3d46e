import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { ColumnShape, Row, TableShape } from '../database/table-shape.js';
import { readHeader, readLine, type BackupEnd, type BackupHeader } from './backup-format.js';
import { openedStream, preludeOf, PRELUDE_BYTES, SealedStreamBroken } from './sealed-stream.js';
import { UnreadableBackup } from './unreadable-backup.js';

/** Far more than a row can be; what a file that was made to hurt could otherwise fill the memory with. */
const LONGEST_LINE = 4 * 1024 * 1024;
const ROWS_AT_ONCE = 500;
const GZIP = 0x1f8b;

/** What comes out of a backup: the header first, then each table with its rows. */
export type BackupPart =
  | { readonly is: 'header'; readonly header: BackupHeader }
  | { readonly is: 'table'; readonly table: TableShape }
  | { readonly is: 'rows'; readonly rows: readonly Row[] };

/**
 * Reads a backup. Only when it ended without an error was the file whole and unchanged.
 *
 * @throws UnreadableBackup damaged, cut short, of a later version, under another passphrase, or no backup at all
 */
export async function* readBackup(
  file: string,
  passphrase: string | undefined,
): AsyncGenerator<BackupPart, void> {
  const check = new Check(file);
  try {
    yield* inBatches(linesOf(await plainBytes(file, passphrase)), check);
  } catch (error) {
    throw unreadable(file, error);
  }
  check.ended();
}

async function* inBatches(lines: AsyncIterable<string>, check: Check): AsyncGenerator<BackupPart, void> {
  let rows: Row[] = [];
  for await (const line of lines) {
    const part = check.take(line);
    if (part?.is === 'row') {
      rows.push(part.row);
      if (rows.length < ROWS_AT_ONCE) continue;
    }
    if (rows.length > 0) yield { is: 'rows', rows };
    rows = [];
    if (part && part.is !== 'row') yield part;
  }
}

type CheckedPart = Exclude<BackupPart, { is: 'rows' }> | { readonly is: 'row'; readonly row: Row };

/** Follows the lines of one file and knows what may come next. */
class Check {
  readonly #hash = createHash('sha256');
  readonly #rows = new Map<string, number>();
  #header: BackupHeader | undefined;
  #table = '';
  #columns: readonly ColumnShape[] = [];
  #isOver = false;

  constructor(private readonly file: string) {}

  /** @returns what the line brings; the last line brings nothing */
  take(line: string): CheckedPart | null {
    if (this.#isOver) throw this.#damaged();
    const part = this.#header ? this.#read(line) : this.#begin(line);
    this.#hash.update(`${line}\n`);
    return part;
  }

  ended(): void {
    if (!this.#isOver) throw new UnreadableBackup(this.file, 'is cut short. It was not restored.');
  }

  #begin(line: string): CheckedPart {
    const header = readHeader(line);
    if (header === 'newer') {
      throw new UnreadableBackup(this.file, 'was made by a later version of Signpost. Restore it with that.');
    }
    if (header === 'foreign') throw notABackup(this.file);
    this.#header = header;
    return { is: 'header', header };
  }

  #read(line: string): CheckedPart | null {
    const read = readLine(line, this.#columns);
    if (read?.is === 'table') return this.#startTable(read.table);
    if (read?.is === 'row') return this.#count(read.row);
    if (read?.is === 'end') return this.#finish(read.end);
    throw this.#damaged();
  }

  #startTable(table: TableShape): CheckedPart {
    if (this.#rows.has(table.name)) throw this.#damaged();
    this.#rows.set(table.name, 0);
    this.#table = table.name;
    this.#columns = table.columns;
    return { is: 'table', table };
  }

  #count(row: Row): CheckedPart {
    this.#rows.set(this.#table, (this.#rows.get(this.#table) ?? 0) + 1);
    return { is: 'row', row };
  }

  #finish({ rows, sha256 }: BackupEnd): null {
    const announced = Object.entries(this.#header?.rows ?? {});
    const counted = [...this.#rows.values()].reduce((sum, count) => sum + count, 0);
    const isComplete =
      announced.length === this.#rows.size &&
      announced.every(([name, count]) => this.#rows.get(name) === count);
    if (!isComplete || rows !== counted || sha256 !== this.#hash.copy().digest('hex')) throw this.#damaged();
    this.#isOver = true;
    return null;
  }

  #damaged(): UnreadableBackup {
    return new UnreadableBackup(this.file, 'is damaged. It was not restored.');
  }
}

async function plainBytes(file: string, passphrase: string | undefined): Promise<AsyncIterable<Buffer>> {
  const beginning = await beginningOf(file);
  const prelude = preludeOf(beginning);
  if (!prelude) {
    if (beginning.length < 2 || beginning.readUInt16BE(0) !== GZIP) throw notABackup(file);
    return unzipped(createReadStream(file));
  }
  if (passphrase === undefined) {
    throw new UnreadableBackup(file, 'is encrypted: give its passphrase (BACKUP_PASSPHRASE_FILE).');
  }
  return unzipped(openedStream(createReadStream(file, { start: prelude.bytes.length }), prelude, passphrase));
}

async function beginningOf(file: string): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(PRELUDE_BYTES), 0, PRELUDE_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** What goes wrong in front of the unzipping comes out behind it. */
function unzipped(bytes: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const gunzip = createGunzip();
  pipeline(bytes, gunzip, () => undefined);
  return gunzip;
}

async function* linesOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let waiting = Buffer.alloc(0);
  for await (const piece of bytes) {
    waiting = Buffer.concat([waiting, piece]);
    let from = 0;
    for (let at = waiting.indexOf(10); at !== -1; at = waiting.indexOf(10, from)) {
      yield waiting.toString('utf8', from, at);
      from = at + 1;
    }
    waiting = waiting.subarray(from);
    if (waiting.length > LONGEST_LINE) throw new RangeError('a line is too long');
  }
  if (waiting.length > 0) throw new RangeError('the last line has no end');
}

function notABackup(file: string): UnreadableBackup {
  return new UnreadableBackup(file, 'is not a backup that Signpost made.');
}

function unreadable(file: string, error: unknown): Error {
  if (error instanceof UnreadableBackup) return error;
  if (error instanceof SealedStreamBroken) {
    return new UnreadableBackup(
      file,
      'does not open: the passphrase is another one, or the file is damaged.',
      error,
    );
  }
  const { code = '' } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return new UnreadableBackup(file, 'is not there.', error);
  if (code.startsWith('Z_') || error instanceof RangeError) {
    return new UnreadableBackup(file, 'is damaged or cut short. It was not restored.', error);
  }
  return new UnreadableBackup(file, `cannot be read: ${(error as Error).message}`, error);
}

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemRandom } from '../crypto/system-random.js';
import type { Snapshot } from '../database/snapshot.js';
import type { Row, TableShape } from '../database/table-shape.js';
import type { BackupHeader } from './backup-format.js';
import { readBackup } from './backup-reader.js';
import { writeBackup } from './backup-writer.js';

const table: TableShape = { name: 'notes', columns: [{ name: 'text', kind: 'text', nullable: true }] };
let folder = '';
const file = (): string => join(folder, 'backup');
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signpost-writer-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function snapshotOf(batches: () => AsyncGenerator<Row[]>): Snapshot {
  return {
    kind: 'sqlite',
    createdAt: 0,
    schema: ['First1'],
    tables: [table],
    count: () => Promise.resolve(0),
    rows: batches,
    close: () => Promise.resolve(),
  };
}

function write(batches: () => AsyncGenerator<Row[]>, rows: number, signal: AbortSignal): Promise<void> {
  const header: BackupHeader = {
    createdAt: 1,
    database: 'sqlite',
    schema: ['First1'],
    brokerStopped: false,
    rows: { notes: rows },
  };
  const target = { file: file(), force: false, passphrase: undefined, signal, progress: () => undefined };
  return writeBackup(snapshotOf(batches), header, target, new SystemRandom());
}

async function* few(): AsyncGenerator<Row[]> {
  yield await Promise.resolve([['one\ntwo "three" ü 🎬 \u2028'], [null], ['']]);
}

const goesOn = (): AbortSignal => new AbortController().signal;

test('every text comes back as it was', async () => {
  await write(few, 3, goesOn());
  const rows: Row[] = [];
  for await (const part of readBackup(file(), undefined)) if (part.is === 'rows') rows.push(...part.rows);
  expect(rows).toEqual([['one\ntwo "three" ü 🎬 \u2028'], [null], ['']]);
  expect(readdirSync(folder)).toEqual(['backup']);
});

test('a backup that is ended on its way leaves nothing', async () => {
  const controller = new AbortController();
  async function* endless(): AsyncGenerator<Row[]> {
    for (let batch = 0; ; batch += 1) {
      if (batch === 50) controller.abort();
      yield await Promise.resolve([[`${batch}`.repeat(1_000)]]);
    }
  }
  await expect(write(endless, 1, controller.signal)).rejects.toThrow('aborted');
  expect(readdirSync(folder)).toEqual([]);
});

test('what fails while it is read fails the backup, and leaves nothing', async () => {
  async function* failing(): AsyncGenerator<Row[]> {
    yield await Promise.resolve([['one']]);
    throw new Error('the database went away');
  }
  await expect(write(failing, 1, goesOn())).rejects.toThrow('the database went away');
  expect(readdirSync(folder)).toEqual([]);
});

test('a backup that does not hold what its header says is not kept', async () => {
  await expect(write(few, 4, goesOn())).rejects.toThrow('is damaged');
  expect(readdirSync(folder)).toEqual([]);
});

test('a file that came meanwhile is not replaced', async () => {
  async function* slow(): AsyncGenerator<Row[]> {
    writeFileSync(file(), 'somebody else');
    yield await Promise.resolve([['one']]);
  }
  await expect(write(slow, 1, goesOn())).rejects.toThrow('exists already');
  expect(readdirSync(folder)).toEqual(['backup']);
});

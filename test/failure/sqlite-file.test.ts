import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyTables } from '../../src/platform/crypto/crypto.module.js';
import { KeyCanaryEntity } from '../../src/platform/crypto/key-canary.entity.js';
import { SystemRandom } from '../../src/platform/crypto/system-random.js';
import { DiskReserve } from '../../src/platform/database/disk-reserve.js';
import { handleOf, openSqlite } from '../../src/platform/database/sqlite.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { StartupError } from '../../src/platform/startup-error.js';
import { DomainError } from '../../src/shared/domain-error.js';

let folder = '';
const file = (): string => join(folder, 'signpost.sqlite');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signpost-sqlite-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A data folder that was used and left in peace. */
async function used(): Promise<void> {
  await (await openSqlite(folder, keyTables)).close();
}

const opening = (): Promise<unknown> =>
  openSqlite(folder, keyTables).then(
    (connections) => connections.close(),
    (error: unknown) => error,
  );

test.each([
  ['is no database', () => Buffer.from('somebody may need this text, whatever it is. '.repeat(10))],
  ['has a torn page', (whole: Buffer) => Buffer.from(whole).fill(0xa5, 4_096, 8_192)],
  ['was cut short', (whole: Buffer) => whole.subarray(0, whole.length - 6_000)],
  ['lost its header', (whole: Buffer) => Buffer.from(whole).fill(0, 0, 100)],
])('a file that %s is refused with a clear message and kept byte for byte (R-16)', async (_, damage) => {
  await used();
  const damaged = damage(readFileSync(file()));
  writeFileSync(file(), damaged);
  const error = await opening();
  expect(error).toBeInstanceOf(StartupError);
  expect((error as Error).message).toMatch(
    /^The database file .*signpost\.sqlite cannot be used: .* It was left as it is;/,
  );
  expect(readFileSync(file()).equals(damaged)).toBe(true);
});

test('a folder that cannot be made or written is told by name', async () => {
  writeFileSync(file(), '');
  const under = await openSqlite(join(file(), 'below-a-file'), keyTables).catch((error: unknown) => error);
  expect(under).toBeInstanceOf(StartupError);
  expect((under as Error).message).toContain('cannot be made');
  if (process.getuid?.() === 0) return;
  chmodSync(folder, 0o500);
  expect(await opening()).toBeInstanceOf(StartupError);
});

test('a lock file that is damaged is not taken for another process', async () => {
  writeFileSync(
    join(folder, 'signpost.lock'),
    'no lock at all, longer than the header of a database. '.repeat(5),
  );
  const error = await opening();
  expect(error).toBeInstanceOf(StartupError);
  expect((error as Error).message).toMatch(/^The data folder .* cannot be used: .*signpost\.lock/);
});

test('a file that another program holds at start is called locked, not damaged', async () => {
  await used();
  const other = new Sqlite(file());
  other.pragma('locking_mode = EXCLUSIVE');
  other.exec('BEGIN EXCLUSIVE');
  const error = await opening();
  other.close();
  expect((error as Error).message).toMatch(/is locked by another program/);
  expect(await opening()).toBeUndefined();
});

test('a file locked by another program: writers fail together within about 2 s, all else goes on, and it recovers', async () => {
  const connections = await openSqlite(folder, keyTables);
  const unitOfWork = new UnitOfWork(connections, new SystemRandom());
  const write = (keyId: string): Promise<void> =>
    unitOfWork.run(async () => {
      await unitOfWork.writing.insert(KeyCanaryEntity, { keyId, use: 'test', value: 'v' });
    });
  await write('before');
  const other = new Sqlite(file());
  other.exec('BEGIN IMMEDIATE');
  const since = performance.now();
  const failures = Promise.all(
    Array.from({ length: 50 }, (_, n) =>
      write(`locked-${n}`).then(
        () => ({ error: undefined, ms: 0 }),
        (error: unknown) => ({ error, ms: performance.now() - since }),
      ),
    ),
  );
  let reads = 0;
  const over = new AbortController();
  void failures.then(() => over.abort());
  while (!over.signal.aborted) {
    expect(await unitOfWork.reading.count(KeyCanaryEntity)).toBe(1);
    reads += 1;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  for (const { error, ms } of await failures) {
    expect(error).toBeInstanceOf(DomainError);
    expect(error).toMatchObject({ kind: 'unavailable', code: 'database-locked', retryAfterSeconds: 2 });
    expect(ms).toBeGreaterThan(1_900);
    // One after another they would wait for 100 s; how long 2 s last on a machine that is busy is not ours to say.
    expect(ms).toBeLessThan(20_000);
  }
  // Were somebody to wait for the lock in the driver, where nothing else can be done, there would be one or two in 2 s.
  expect(handleOf(connections.writer).pragma('busy_timeout', { simple: true })).toBe(0);
  expect(reads).toBeGreaterThan(4);
  // A lock that ends in time costs a wait and nothing else.
  const waiting = write('waited');
  other.exec('ROLLBACK');
  await waiting;
  other.close();
  await write('after');
  const rows = await unitOfWork.reading.find(KeyCanaryEntity);
  expect(rows.map(({ keyId }) => keyId).sort()).toEqual(['after', 'before', 'waited']);
  await connections.close();
});

test('a full disk: usual writes are refused, those with the reserve go on, nothing is half done (R-15)', async () => {
  const connections = await openSqlite(folder, keyTables);
  const db = handleOf(connections.writer);
  const pages = Number(db.pragma('page_count', { simple: true }));
  const room = (more: number): void => void db.pragma(`max_page_count = ${pages + more}`);
  const reserve = {
    isSpent: false,
    isFull: false,
    spend: () => {
      const isNews = !reserve.isSpent;
      reserve.isSpent = true;
      if (isNews) room(100);
      return isNews;
    },
    close: () => undefined,
  };
  const unitOfWork = new UnitOfWork({ ...connections, reserve }, new SystemRandom());
  const write = (keyId: string, use?: 'reserve'): Promise<void> =>
    unitOfWork.run(async () => {
      await unitOfWork.writing.insert(KeyCanaryEntity, { keyId, use: 'test', value: 'v'.repeat(30_000) });
      await unitOfWork.writing.insert(KeyCanaryEntity, { keyId: `${keyId}-2`, use: 'test', value: 'v' });
    }, use);
  const full = { kind: 'unavailable', code: 'storage-full', retryAfterSeconds: 10 };
  room(0);
  await write('first to notice', 'reserve');
  await expect(write('refused without a try')).rejects.toMatchObject({ ...full, announced: true });
  reserve.isSpent = false;
  room(8);
  await expect(write('usual')).rejects.toMatchObject({ ...full, announced: false });
  await write('sign-in', 'reserve');
  room(16);
  await expect(write('more than the reserve', 'reserve')).rejects.toMatchObject(full);
  const rows = await unitOfWork.reading.find(KeyCanaryEntity);
  expect(rows.map(({ keyId }) => keyId).sort()).toEqual(
    ['first to notice', 'first to notice-2', 'sign-in', 'sign-in-2'].sort(),
  );
  await connections.close();
});

test('the reserve takes its room, gives it when it is spent, and takes it again', () => {
  const kept = join(folder, 'signpost.reserve');
  jest.useFakeTimers();
  const reserve = new DiskReserve(kept, 64 * 1024);
  expect([reserve.isFull, statSync(kept).size]).toEqual([false, 64 * 1024]);
  reserve.spend();
  expect([reserve.isSpent, reserve.isFull, existsSync(kept)]).toEqual([true, true, false]);
  jest.advanceTimersByTime(10_000);
  expect([reserve.isSpent, reserve.isFull, statSync(kept).size]).toEqual([false, false, 64 * 1024]);
  reserve.close();
  jest.useRealTimers();
});

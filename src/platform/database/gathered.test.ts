import { beforeEach, expect, jest, test } from '@jest/globals';
import { gathered, type Ask } from './gathered.js';
import { ofPostgres, ofSqlite, type Found } from './look-up.js';

// However long a turn of the event loop takes, nobody has waited for too long until a test says so.
beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
});

function room(): {
  ask: (key: string) => Promise<string | undefined>;
  asked: { readonly keys: readonly string[]; answer(found: readonly Found[]): void; fail(): void }[];
} {
  const asked: ReturnType<typeof room>['asked'] = [];
  const put: Ask = (keys) =>
    new Promise((answer, reject) => asked.push({ keys, answer, fail: () => reject(new Error('away')) }));
  return { ask: gathered(() => Promise.resolve(put)), asked };
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

test('what is wanted in one turn is asked once, and each gets its own', async () => {
  const { ask, asked } = room();
  const wanted = ['one', 'two', 'none', 'one'].map(ask);
  await turn();
  expect(asked.map(({ keys }) => keys)).toEqual([['one', 'two', 'none']]);
  asked[0]!.answer([
    ['two', '2'],
    ['one', '1'],
  ]);
  expect(await Promise.all(wanted)).toEqual(['1', '2', undefined, '1']);
});

test('nobody joins a question that was asked: the answer may be from before', async () => {
  const { ask, asked } = room();
  const before = ask('one');
  await turn();
  const after = ask('one');
  await turn();
  expect(asked).toHaveLength(2);
  asked[1]!.answer([['one', 'new']]);
  asked[0]!.answer([['one', 'old']]);
  expect(await Promise.all([before, after])).toEqual(['old', 'new']);
});

test('while two are under way, others are gathered until one of them ends', async () => {
  const { ask, asked } = room();
  for (const key of ['one', 'two']) {
    void ask(key);
    await turn();
  }
  const later = [ask('three')];
  await turn();
  later.push(ask('four'));
  await turn();
  expect(asked).toHaveLength(2);
  asked[1]!.answer([]);
  await turn();
  await turn();
  expect(asked.slice(2).map(({ keys }) => keys)).toEqual([['three', 'four']]);
  asked[2]!.answer([['four', '4']]);
  expect(await Promise.all(later)).toEqual([undefined, '4']);
});

test('who waits is asked for before anybody hears an answer', async () => {
  const { ask, asked } = room();
  const order: string[] = [];
  const told = ask('one').then(() => order.push('told'));
  await turn();
  asked[0]!.answer([]);
  // The answer is here, and nobody has heard of it.
  await Promise.resolve();
  const next = ask('two');
  setImmediate(() => order.push(`asked ${asked.length}`));
  await told;
  expect(order).toEqual(['asked 2', 'told']);
  asked[1]!.answer([['two', '2']]);
  expect(await next).toBe('2');
});

test('a few hear their answers in a turn, and who comes meanwhile is asked for in between', async () => {
  const { ask, asked } = room();
  const heard: string[] = [];
  const keys = Array.from({ length: 20 }, (_, at) => String(at));
  const all = keys.map(async (key) => heard.push((await ask(key)) ?? ''));
  await turn();
  asked[0]!.answer(keys.map((key) => [key, key]));
  while (heard.length === 0) await turn();
  expect(heard.length).toBeLessThan(20);
  const next = ask('next');
  while (asked.length === 1) await turn();
  expect(heard.length).toBeLessThan(20);
  await Promise.all(all);
  expect(heard).toEqual(keys);
  asked[1]!.answer([['next', 'found']]);
  expect(await next).toBe('found');
});

test('nobody waits long for questions that are not answered (R-14)', async () => {
  const { ask, asked } = room();
  for (const key of ['one', 'two']) {
    void ask(key);
    await turn();
  }
  const later = ask('three');
  jest.advanceTimersByTime(9);
  await turn();
  expect(asked).toHaveLength(2);
  jest.advanceTimersByTime(1);
  await turn();
  expect(asked).toHaveLength(3);
  asked[2]!.answer([['three', '3']]);
  expect(await later).toBe('3');
});

test('a question that fails fails all who asked it, and no others', async () => {
  const { ask, asked } = room();
  const failing = [ask('one'), ask('two')];
  await turn();
  const next = ask('three');
  asked[0]!.fail();
  await expect(Promise.allSettled(failing)).resolves.toMatchObject([
    { status: 'rejected' },
    { status: 'rejected' },
  ]);
  await turn();
  asked[1]!.answer([]);
  expect(await next).toBeUndefined();
});

test('while one waits for a connection, all others are gathered for that (R-14)', async () => {
  const comes: ((ask: Ask) => void)[] = [];
  const ask = gathered(() => new Promise((connected) => comes.push(connected)));
  const wanted = [ask('one')];
  await turn();
  wanted.push(ask('two'));
  jest.advanceTimersByTime(900);
  wanted.push(ask('three'));
  await turn();
  expect(comes).toHaveLength(1);
  const asked: (readonly string[])[] = [];
  comes[0]!((keys) => {
    asked.push(keys);
    return Promise.resolve(keys.map((key) => [key, key]));
  });
  expect(await Promise.all(wanted)).toEqual(['one', 'two', 'three']);
  expect(asked).toEqual([['one', 'two', 'three']]);
});

test('that there is no connection is told to all who wait for it, and the next try anew', async () => {
  const fails: ((error: Error) => void)[] = [];
  const ask = gathered(() => new Promise((_, reject) => fails.push(reject)));
  const wanted = [ask('one')];
  await turn();
  wanted.push(ask('two'));
  fails[0]!(new Error('away'));
  expect((await Promise.allSettled(wanted)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  void ask('three');
  await turn();
  expect(fails).toHaveLength(2);
});

test('a key that cannot be stored is not asked for, so that it fails nobody', async () => {
  const { ask, asked } = room();
  expect(await ask('o\0ne')).toBeUndefined();
  expect(asked).toEqual([]);
});

test('a statement is put in the words of each database', () => {
  const lookUp =
    'SELECT id, json_group_array(json_array(a, b)) AS found FROM t INDEXED BY t_of_lists WHERE id = $1 GROUP BY id';
  expect(ofPostgres(lookUp)).toBe(
    'SELECT id, json_agg(json_build_array(a, b))::text AS found FROM t WHERE id = ANY($1::varchar[]) GROUP BY id',
  );
  // A value that stands bare in a comparison would have SQLite plan anew for each, where there are statistics.
  expect(ofSqlite('UPDATE t SET a = $1, b = $2 WHERE id = $3')).toBe(
    'UPDATE t SET a = ?, b = ? WHERE id = (SELECT ?)',
  );
});

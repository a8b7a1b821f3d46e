import { expect, test } from '@jest/globals';
import type { LookupAddress } from 'node:dns';
import { RememberedAddresses } from './remembered-addresses.js';

const FIRST: LookupAddress = { address: '192.0.2.1', family: 4 };
const SECOND: LookupAddress = { address: '192.0.2.2', family: 4 };

/** Look-ups that end when the test says so. */
function room(): {
  look: (all?: boolean) => Promise<unknown>;
  asked: { answer(found: LookupAddress[]): void; fail(code: string): void; isOverdue(): void }[];
} {
  const asked: ReturnType<typeof room>['asked'] = [];
  let isOverdue: () => void;
  const addresses = new RememberedAddresses(
    () =>
      new Promise((answer, reject) =>
        asked.push({
          answer,
          fail: (code) => reject(Object.assign(new Error(code), { code })),
          isOverdue: () => isOverdue(),
        }),
      ),
    () => new Promise<void>((over) => (isOverdue = over)),
  );
  const look = (all = true): Promise<unknown> =>
    new Promise((resolve, reject) =>
      addresses.lookup('postgres', { all }, (error, found, family) =>
        error ? reject(error) : resolve(family === undefined ? found : [found, family]),
      ),
    );
  return { look, asked };
}

/** After the first look-up, which said that. */
async function knowing(found: LookupAddress): Promise<ReturnType<typeof room>> {
  const { look, asked } = room();
  const known = look();
  asked[0]?.answer([found]);
  await known;
  return { look, asked };
}

test('the first look-up is waited for, however long it takes, and who comes meanwhile waits with it', async () => {
  const { look, asked } = room();
  const both = [look(), look(false)];
  asked[0]?.isOverdue();
  asked[0]?.answer([FIRST, SECOND]);
  expect(await Promise.all(both)).toEqual([
    [FIRST, SECOND],
    ['192.0.2.1', 4],
  ]);
  expect(asked).toHaveLength(1);
});

test('what is not known yet fails as it does without a memory, and is asked for again', async () => {
  const { look, asked } = room();
  const first = look();
  asked[0]?.fail('EAI_AGAIN');
  await expect(first).rejects.toThrow('EAI_AGAIN');
  const second = look();
  asked[1]?.answer([FIRST]);
  expect(await second).toEqual([FIRST]);
});

test('each answer replaces the one before: a name may move', async () => {
  const { look, asked } = room();
  for (const [turn, found] of [[FIRST], [SECOND]].entries()) {
    const looking = look();
    asked[turn]?.answer(found);
    expect(await looking).toEqual(found);
  }
});

test('without an answer in time, or with none to be had, the last one is used', async () => {
  const { look, asked } = await knowing(FIRST);

  const waiting = look();
  asked[1]?.isOverdue();
  expect(await waiting).toEqual([FIRST]);
  // Whoever comes now does not wait at all, and asks nothing.
  expect(await look()).toEqual([FIRST]);
  expect(asked).toHaveLength(2);
  asked[1]?.fail('EAI_AGAIN');

  const failing = look();
  asked[2]?.fail('EAI_AGAIN');
  expect(await failing).toEqual([FIRST]);
});

test('an answer that comes late is remembered', async () => {
  const { look, asked } = await knowing(FIRST);
  const waiting = look();
  asked[1]?.isOverdue();
  expect(await waiting).toEqual([FIRST]);
  asked[1]?.answer([SECOND]);
  await Promise.resolve();
  const after = look();
  asked[2]?.isOverdue();
  expect(await after).toEqual([SECOND]);
});

test('"there is no such name" is an answer', async () => {
  const { look, asked } = await knowing(FIRST);
  const gone = look();
  asked[1]?.fail('ENOTFOUND');
  await expect(gone).rejects.toThrow('ENOTFOUND');
});

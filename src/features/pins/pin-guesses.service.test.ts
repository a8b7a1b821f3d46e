import { expect, test } from '@jest/globals';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { loadConfig } from '../../config/index.js';
import { SystemRandom } from '../../platform/crypto/system-random.js';
import { MemoryLimiter } from '../../platform/limits/memory-limiter.js';
import type { AccountId } from '../../shared/ids.js';
import type { AuditTrail } from '../audit/index.js';
import { PinGuesses, type PinTyper } from './pin-guesses.service.js';

const MINUTE = 60_000;

function room(): {
  clock: FixedClock;
  guesses: PinGuesses;
  recorded: string[];
  somebody: (isFresh?: boolean) => PinTyper;
  /** When an account guessed wrong, as the database has it; the latest first. */
  wrong: number[];
} {
  const clock = new FixedClock();
  const random = new SystemRandom();
  const recorded: string[] = [];
  const wrong: number[] = [];
  const audit = {
    record: ({ kind }: { kind: string }): Promise<void> => {
      recorded.push(kind);
      return Promise.resolve();
    },
    refusals: (_id: AccountId, _kind: string, since: number, most: number): Promise<number[]> =>
      Promise.resolve(wrong.filter((at) => at > since).slice(0, most)),
  } as unknown as AuditTrail;
  const limiter = new MemoryLimiter(clock, random);
  const guesses = new PinGuesses(limiter, audit, clock, random, loadConfig({}));
  let people = 0;
  const somebody = (isFresh = false): PinTyper => {
    people += 1;
    return { accountId: String(people) as AccountId, network: `192.0.2.${people}`, isFresh };
  };
  return { clock, guesses, recorded, somebody, wrong };
}

test('more than sixty wrong PINs in a minute over the whole broker put it on guard for ten minutes (S-43)', async () => {
  const { clock, guesses, recorded, somebody } = room();
  for (let count = 0; count < 60; count += 1) await guesses.begin(somebody());
  expect([await guesses.isOnGuard(), recorded]).toEqual([false, []]);
  await guesses.begin(somebody());
  expect([await guesses.isOnGuard(), recorded]).toEqual([true, ['pin-guard-raised']]);
  clock.advance(10 * MINUTE - 1);
  expect(await guesses.isOnGuard()).toBe(true);
  clock.advance(1);
  expect(await guesses.isOnGuard()).toBe(false);
});

test('sixty a minute for an hour do not', async () => {
  const { clock, guesses, somebody } = room();
  for (let minute = 0; minute < 60; minute += 1) {
    for (let count = 0; count < 60; count += 1) await guesses.begin(somebody());
    clock.advance(MINUTE);
  }
  expect(await guesses.isOnGuard()).toBe(false);
});

test('right ones do not count', async () => {
  const { guesses, somebody } = room();
  for (let count = 0; count < 200; count += 1) await guesses.right(await guesses.begin(somebody()));
  expect(await guesses.isOnGuard()).toBe(false);
});

test('on guard, whoever has not just given the password is refused uncounted, and told when that ends', async () => {
  const { clock, guesses, recorded, somebody } = room();
  for (let count = 0; count < 61; count += 1) await guesses.begin(somebody());
  const waiting = somebody();
  for (let count = 0; count < 10; count += 1) {
    const refusal = { kind: 'rate-limited', code: 'pin-password-first' };
    await expect(guesses.begin(waiting)).rejects.toMatchObject(refusal);
  }
  const error = await guesses.begin(waiting).catch((reason: unknown) => reason);
  expect((error as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThanOrEqual(480);
  expect((error as { retryAfterSeconds: number }).retryAfterSeconds).toBeLessThanOrEqual(720);
  for (let count = 0; count < 5; count += 1) await guesses.begin({ ...waiting, isFresh: true });
  await expect(guesses.begin({ ...waiting, isFresh: true })).rejects.toMatchObject({ code: 'too-many' });
  // Guessing that goes on does not keep the guard up, and is recorded once.
  for (let count = 0; count < 100; count += 1) await guesses.begin(somebody(true));
  expect(recorded).toEqual(['pin-guard-raised']);
  clock.advance(10 * MINUTE);
  expect(await guesses.isOnGuard()).toBe(false);
});

test('wrong guesses in the database count when the limiter knows of none, until they are old (S-43)', async () => {
  const { clock, guesses, somebody, wrong } = room();
  for (let n = 0; n < 5; n += 1) wrong.unshift(clock.now());
  const refused = await guesses.begin(somebody()).catch((reason: unknown) => reason);
  expect(refused).toMatchObject({ kind: 'rate-limited', code: 'too-many' });
  expect((refused as { retryAfterSeconds: number }).retryAfterSeconds).toBeGreaterThanOrEqual(480);
  clock.advance(10 * MINUTE);
  await guesses.begin(somebody());
  for (let n = 5; n < 30; n += 1) wrong.unshift(clock.now() - 11 * MINUTE);
  await expect(guesses.begin(somebody())).rejects.toMatchObject({ code: 'too-many' });
  clock.advance(24 * 60 * MINUTE);
  await guesses.begin(somebody());
});

import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { loadConfig } from '../../config/index.js';
import { DomainError } from '../../shared/domain-error.js';
import { argon2id } from './argon2.worker.mjs';
import { HashThreads } from './hash-threads.js';
import type { RingKey } from './key-ring-file.js';
import { KeyRing } from './key-ring.js';
import { PasswordHasher } from './password-hasher.js';
import { SystemRandom } from './system-random.js';

const random = new SystemRandom();
const pepper = (id: string): RingKey => ({ id, use: 'pepper', secret: random.bytes(32) });
const peppers = [pepper('pepper-1'), pepper('pepper-2')];
const open: PasswordHasher[] = [];

afterEach(async () => {
  for (const hasher of open.splice(0)) await hasher.onApplicationShutdown();
});

function hasherWith(settings: Record<string, string> = {}, keys = peppers.slice(0, 1)): PasswordHasher {
  const hasher = new PasswordHasher(loadConfig(settings), new KeyRing(keys, random), random);
  open.push(hasher);
  return hasher;
}

test('the worker computes Argon2id, version 0x13: the vector of the reference implementation', () => {
  const task = { password: 'password', salt: Buffer.from('somesalt'), memoryCost: 65_536, timeCost: 2 };
  const tag = Buffer.from(argon2id(task)).toString('hex');
  expect(tag).toBe('09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7');
});

describe('a password', () => {
  test('is right or wrong, and stored another way every time', async () => {
    const hasher = hasherWith();
    const [one, two] = await Promise.all([hasher.hash('correct horse'), hasher.hash('correct horse')]);
    expect(one).toMatch(/^argon2id\$m=19456,t=2\$[\w-]{22}\$pepper-1\$[\w-]{43}$/);
    expect(one).not.toBe(two);
    expect(await hasher.verify('correct horse', one)).toBe('right');
    expect(await hasher.verify('Correct horse', one)).toBe('wrong');
    expect(await hasher.verify('', one)).toBe('wrong');
  });

  test('is wrong for nobody, also the one that the decoy would be made from', async () => {
    expect(await hasherWith().verify('correct horse', null)).toBe('wrong');
  });

  test('is right but outdated when cost or pepper have changed since (S-03)', async () => {
    const stored = await hasherWith().hash('pw');
    const unpeppered = await hasherWith({ PASSWORD_PEPPER: 'false' }).hash('pw');
    expect(unpeppered).toContain('$-$');
    expect(await hasherWith({ PASSWORD_ITERATIONS: '3' }).verify('pw', stored)).toBe('right-but-outdated');
    expect(await hasherWith({ PASSWORD_MEMORY_KIB: '20480' }).verify('pw', stored)).toBe(
      'right-but-outdated',
    );
    expect(await hasherWith({}, peppers).verify('pw', stored)).toBe('right-but-outdated');
    expect(await hasherWith().verify('pw', unpeppered)).toBe('right-but-outdated');
    expect(await hasherWith({ PASSWORD_PEPPER: 'false' }).verify('pw', stored)).toBe('right-but-outdated');
    expect(await hasherWith({ PASSWORD_ITERATIONS: '3' }).verify('no', stored)).toBe('wrong');
  });

  test('cannot be checked with another pepper of the same name, nor without it', async () => {
    const stored = await hasherWith().hash('pw');
    expect(await hasherWith({}, [pepper('pepper-1')]).verify('pw', stored)).toBe('wrong');
    await expect(hasherWith({}, [pepper('pepper-9')]).verify('pw', stored)).rejects.toThrow(
      'no pepper key pepper-1',
    );
  });

  test('that was stored in an unknown form is trouble, not a wrong password', async () => {
    await expect(hasherWith().verify('pw', '$argon2id$v=19$whatever')).rejects.toThrow('unknown form');
  });
});

test('more than may wait are refused at once, to come back in 1 to 3 s (S-04); the others are served', async () => {
  const hasher = hasherWith({ LIMIT_HASH_CONCURRENCY: '1', LIMIT_HASH_QUEUE: '2' });
  await hasher.hash('the worker is up');
  const all = await Promise.allSettled(Array.from({ length: 12 }, () => hasher.verify('pw', null)));
  const refused = all.flatMap((one) => (one.status === 'rejected' ? [one.reason as DomainError] : []));
  expect(refused.length).toBeGreaterThanOrEqual(8);
  expect(refused.length).toBeLessThan(12);
  for (const error of refused) {
    expect(error).toBeInstanceOf(DomainError);
    expect(error).toMatchObject({ kind: 'unavailable', code: 'hashing-busy' });
    expect([1, 2, 3]).toContain(error.retryAfterSeconds);
  }
  expect(await hasher.verify('pw', null)).toBe('wrong');
});

describe('a crowd, which is hashed together,', () => {
  const alone = { LIMIT_HASH_CONCURRENCY: '1' };

  test('gets answers of its own, each', async () => {
    const hasher = hasherWith(alone);
    const passwords = Array.from({ length: 8 }, (_, at) => `password ${at}`);
    const stored = await Promise.all(passwords.map((password) => hasher.hash(password)));
    const verdicts = passwords.flatMap((password, at) => [
      hasher.verify(password, stored[at] ?? ''),
      hasher.verify(password, stored[(at + 1) % 8] ?? ''),
    ]);
    expect(await Promise.all(verdicts)).toEqual(passwords.flatMap(() => ['right', 'wrong']));
  });

  test('is not harmed by one whose verifier makes no sense', async () => {
    const hasher = hasherWith(alone);
    const stored = await hasher.hash('pw');
    const senseless = stored.replace('t=2', 't=0');
    const asked = [stored, stored, senseless, stored, stored].map((one) => hasher.verify('pw', one));
    const answers = (await Promise.allSettled(asked)).map((one) =>
      one.status === 'fulfilled' ? one.value : 'trouble',
    );
    expect(answers).toEqual(['right', 'right', 'trouble', 'right', 'right']);
  });

  test('counts as waiting until it has been hashed, whether or not a thread has it (S-04)', async () => {
    const hasher = hasherWith({ ...alone, LIMIT_HASH_QUEUE: '6' });
    // The first is alone; the others wait, and go to the thread together when it is done.
    const [first, ...others] = Array.from({ length: 7 }, () => hasher.verify('pw', null));
    expect(() => hasher.makeSureOfRoom()).toThrow('Too many sign-ins');
    await first;
    const more = hasher.verify('pw', null);
    expect(() => hasher.makeSureOfRoom()).toThrow('Too many sign-ins');
    await Promise.all([...others, more]);
    hasher.makeSureOfRoom();
  });

  test('is told of the end', async () => {
    const hasher = hasherWith(alone);
    const asked = Promise.allSettled(Array.from({ length: 4 }, () => hasher.verify('pw', null)));
    await hasher.onApplicationShutdown();
    expect((await asked).slice(1).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    await expect(hasher.verify('pw', null)).rejects.toThrow('after the end');
  });
});

test('nobody costs the same as a wrong password (S-05)', async () => {
  const ring = new KeyRing(peppers.slice(0, 1), random);
  const hasher = new PasswordHasher(loadConfig({}), ring, random);
  open.push(hasher);
  const stored = await hasher.hash('pw');
  const run = jest.spyOn(HashThreads.prototype, 'run');
  const mac = jest.spyOn(ring, 'mac');
  /** Everything that takes longer or shorter as it is asked for; how long, the machine decides. */
  const work = async (verifier: string | null): Promise<unknown> => {
    for (const calls of [run, mac]) calls.mockClear();
    expect(await hasher.verify('no', verifier)).toBe('wrong');
    const hashed = run.mock.calls.map(([{ salt, ...task }]) => ({ ...task, salt: salt.length }));
    return { hashed, peppered: mac.mock.calls.map(([use, raw, id]) => [use, raw.length, id]) };
  };
  const nobody = await work(null);
  expect(nobody).toEqual(await work(stored));
  expect(nobody).toEqual({
    hashed: [{ password: 'no', memoryCost: 19_456, timeCost: 2, salt: 16 }],
    peppered: [['pepper', 32, 'pepper-1']],
  });
});

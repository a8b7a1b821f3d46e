import { describe, expect, it } from '@jest/globals';
import { solveChallenge, type createChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { loadConfig, type Environment } from '../../config/index.js';
import { MINUTE, SECOND } from '../../shared/clock.js';
import { KeyRing } from '../crypto/key-ring.js';
import { SystemRandom } from '../crypto/system-random.js';
import { MemoryLimiter } from '../limits/memory-limiter.js';
import { Once } from '../limits/once.js';
import { AntiRobot } from './anti-robot.service.js';
import { challengeText, readChallenge, readSolution } from './challenge-text.js';

type Challenge = Awaited<ReturnType<typeof createChallenge>>;

const random = new SystemRandom();

function antiRobot(
  settings: Environment = {},
  secret = 'the same for all',
): { robots: AntiRobot; clock: FixedClock } {
  const clock = new FixedClock();
  const config = loadConfig({ ANTI_ROBOT_WORK: '20', ...settings });
  const keyRing = new KeyRing([{ id: '1', use: 'mac', secret: Buffer.from(secret.padEnd(32)) }], random);
  const once = new Once(new MemoryLimiter(clock, random));
  return { robots: new AntiRobot(config, clock, random, once, keyRing), clock };
}

async function issued(robots: AntiRobot): Promise<string> {
  const form = await robots.issue();
  if (!form) throw new Error('no challenge was issued');
  return form.challenge;
}

function opened(challenge: string): Challenge {
  return JSON.parse(Buffer.from(challenge, 'base64url').toString('utf8')) as Challenge;
}

async function solved(challenge: string): Promise<string> {
  const solution = await solveChallenge({ challenge: opened(challenge), deriveKey });
  if (!solution) throw new Error('no solution was found');
  return `${solution.counter}.${solution.derivedKey}`;
}

/** What a check ended with: a code, or `accepted`. */
async function outcome(robots: AntiRobot, challenge?: string, solution?: string): Promise<unknown> {
  try {
    await robots.check({ challenge, solution });
    return 'accepted';
  } catch (error) {
    return (error as { code: unknown }).code;
  }
}

describe('a form with a solution', () => {
  it('is let through at once', async () => {
    const { robots } = antiRobot();
    const challenge = await issued(robots);
    expect(await outcome(robots, challenge, await solved(challenge))).toBe('accepted');
  });

  it('is let through once, with or without the solution', async () => {
    const { robots, clock } = antiRobot();
    const challenge = await issued(robots);
    const solution = await solved(challenge);
    await robots.check({ challenge, solution });
    expect(await outcome(robots, challenge, solution)).toBe('robot-check-used');
    clock.advance(19 * MINUTE);
    expect(await outcome(robots, challenge)).toBe('robot-check-used');
    expect(await outcome(robots, challenge, solution)).toBe('robot-check-used');
  });

  it('is let through once of two sent together', async () => {
    const { robots } = antiRobot();
    const challenge = await issued(robots);
    const solution = await solved(challenge);
    const both = await Promise.all([
      outcome(robots, challenge, solution),
      outcome(robots, challenge, solution),
    ]);
    expect(both.sort()).toEqual(['accepted', 'robot-check-used']);
  });

  it('is let through again when it was given back', async () => {
    const { robots } = antiRobot();
    const challenge = await issued(robots);
    const solution = await solved(challenge);
    await robots.check({ challenge, solution });
    await robots.giveBack(challenge);
    expect(await outcome(robots, challenge, solution)).toBe('accepted');
    expect(await outcome(robots, challenge, solution)).toBe('robot-check-used');
  });

  it('is refused after its time, and was good until then', async () => {
    const { robots, clock } = antiRobot();
    const [early, late] = [await issued(robots), await issued(robots)];
    clock.advance(20 * MINUTE - 1);
    expect(await outcome(robots, early, await solved(early))).toBe('accepted');
    clock.advance(1);
    expect(await outcome(robots, late, await solved(late))).toBe('robot-check-expired');
    expect(await outcome(robots, early)).toBe('robot-check-expired');
  });

  it('cannot use the solution of another form', async () => {
    const { robots } = antiRobot();
    const [mine, other] = [await issued(robots), await issued(robots)];
    expect(await outcome(robots, mine, await solved(other))).toBe('robot-check-wrong');
  });

  it.each(['0', 'nonsense', `7.${'0'.repeat(64)}`, `7.${'0'.repeat(62)}`, `-1.${'a'.repeat(64)}`, '7.'])(
    'is refused with a wrong one, however long it waited: %s',
    async (solution) => {
      const { robots, clock } = antiRobot();
      const challenge = await issued(robots);
      clock.advance(MINUTE);
      expect(await outcome(robots, challenge, solution)).toBe('robot-check-wrong');
      expect(await outcome(robots, challenge, await solved(challenge))).toBe('accepted');
    },
  );

  it('can be solved by the browser library as it is', async () => {
    const { robots } = antiRobot();
    const { algorithm, cost, keyLength, keyPrefix } = opened(await issued(robots)).parameters;
    expect({ algorithm, cost, keyLength }).toEqual({
      algorithm: 'PBKDF2/SHA-256',
      cost: 1_000,
      keyLength: 32,
    });
    expect(keyPrefix).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('a form without a solution', () => {
  it('is let through after the wait, once', async () => {
    const { robots, clock } = antiRobot();
    const challenge = await issued(robots);
    clock.advance(20 * SECOND);
    expect(await outcome(robots, challenge, '')).toBe('accepted');
    expect(await outcome(robots, challenge)).toBe('robot-check-used');
  });

  it('is told how long to wait, and stays good', async () => {
    const { robots, clock } = antiRobot();
    const challenge = await issued(robots);
    clock.advance(5 * SECOND + 1);
    await expect(robots.check({ challenge, solution: undefined })).rejects.toMatchObject({
      kind: 'forbidden',
      code: 'robot-check-too-early',
      message: 'Wait 15 seconds, then send the form again.',
      retryAfterSeconds: 15,
    });
    clock.advance(14 * SECOND);
    await expect(robots.check({ challenge, solution: undefined })).rejects.toMatchObject({
      message: 'Wait one second, then send the form again.',
      retryAfterSeconds: 1,
    });
    clock.advance(SECOND);
    expect(await outcome(robots, challenge)).toBe('accepted');
  });

  it('waits as long as the operator says', async () => {
    const { robots, clock } = antiRobot({ ANTI_ROBOT_PATIENCE_SECONDS: '60' });
    const form = await robots.issue();
    expect(form?.patienceSeconds).toBe(60);
    clock.advance(59 * SECOND);
    expect(await outcome(robots, form?.challenge)).toBe('robot-check-too-early');
    clock.advance(SECOND);
    expect(await outcome(robots, form?.challenge)).toBe('accepted');
  });
});

describe('a challenge that is not ours', () => {
  const forgeries: [string, (challenge: Challenge) => object][] = [
    ['made older', (c) => ({ ...c, parameters: { ...c.parameters, data: { issuedAt: 0 } } })],
    ['made younger', (c) => ({ ...c, parameters: { ...c.parameters, data: { issuedAt: 4e12 } } })],
    ['renamed', (c) => ({ ...c, parameters: { ...c.parameters, nonce: 'ab'.repeat(16) } })],
    ['made cheaper', (c) => ({ ...c, parameters: { ...c.parameters, cost: 1 } })],
    ['extended', (c) => ({ ...c, parameters: { ...c.parameters, more: 1 } })],
    ['without a signature', (c) => ({ parameters: c.parameters })],
    ['with an empty signature', (c) => ({ ...c, signature: '' })],
    ['without parameters', (c) => ({ signature: c.signature })],
  ];

  it.each(forgeries)('is refused: %s', async (_, forge) => {
    const { robots, clock } = antiRobot();
    const challenge = await issued(robots);
    const forged = challengeText(forge(opened(challenge)));
    clock.advance(MINUTE);
    expect(await outcome(robots, forged, await solved(challenge))).toBe('robot-check-wrong');
    expect(await outcome(robots, forged)).toBe('robot-check-wrong');
  });

  it.each(['x', 'null', '[]', '{}', 'ÿ'.repeat(50), 'A'.repeat(100_000)])(
    'is refused when it is rubbish: %.20s',
    async (text) => {
      const { robots } = antiRobot();
      expect(await outcome(robots, text)).toBe('robot-check-wrong');
      expect(await outcome(robots, Buffer.from(text).toString('base64url'))).toBe('robot-check-wrong');
    },
  );

  it('is refused when it is of another broker, and accepted from another node of this one', async () => {
    const challenge = await issued(antiRobot().robots);
    const solution = await solved(challenge);
    expect(await outcome(antiRobot({}, 'another').robots, challenge, solution)).toBe('robot-check-wrong');
    expect(await outcome(antiRobot().robots, challenge, solution)).toBe('accepted');
  });

  it.each([undefined, ''])('is missed when there is none (%p)', async (challenge) => {
    expect(await outcome(antiRobot().robots, challenge, '1.00')).toBe('robot-check-missing');
  });

  it('is never given back', async () => {
    const { robots } = antiRobot();
    await expect(robots.giveBack('nonsense')).resolves.toBeUndefined();
    await expect(robots.giveBack(undefined)).resolves.toBeUndefined();
  });
});

describe('ANTI_ROBOT=off', () => {
  it('asks nothing and accepts everything', async () => {
    const { robots } = antiRobot({ ANTI_ROBOT: 'off' });
    expect(await robots.issue()).toBeNull();
    expect(await outcome(robots)).toBe('accepted');
    expect(await outcome(robots, 'nonsense', 'nonsense')).toBe('accepted');
  });
});

describe('the work', () => {
  it('is half to one and a half times ANTI_ROBOT_WORK', async () => {
    const { robots } = antiRobot();
    const counters = await Promise.all(
      Array.from({ length: 40 }, async () => Number.parseInt(await solved(await issued(robots)))),
    );
    expect(Math.min(...counters)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...counters)).toBeLessThan(30);
    expect(new Set(counters).size).toBeGreaterThan(5);
  });

  it('is written as counter and key', () => {
    const key = 'ab'.repeat(32);
    expect(readSolution(`12.${key}`)).toEqual({ counter: 12, derivedKey: key });
    expect(readSolution(key)).toBeNull();
    expect(readChallenge('')).toBeNull();
  });
});

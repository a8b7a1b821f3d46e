import { afterEach, expect, jest, test } from '@jest/globals';
import { SignInLimits } from '../../src/features/accounts/index.js';
import { PasswordHasher } from '../../src/platform/crypto/password-hasher.js';
import type { Fields } from '../simulator/forms.js';
import { eachBroker } from '../support/broker.js';
import { PASSWORD } from '../support/people.js';
import { ask, type Call } from './ask.js';
import { account, hex, sql } from './cast.js';
import { AS_OPERATED, bothWays, isReady, waysAt, type Ask } from './ready-ways.js';

/** Sign-ins (P-7), which are written ahead of the framework, and are refused by it. */

afterEach(() => {
  jest.restoreAllMocks();
});

eachBroker('signing in ahead of the framework', AS_OPERATED, (broker) => {
  const { signIn } = waysAt(broker);

  test('a sign-in is answered to the byte as by it, with a token that counts', async () => {
    const { userName, email } = await account(broker(), 'comes');
    for (const call of [
      {},
      { headers: { 'X-Application': 'TV/1' } },
      { headers: { Origin: 'https://app.example.org' } },
      { headers: { Connection: 'close' } },
      { headers: { 'If-None-Match': '*' } },
      { from: '203.0.113.9' },
    ]) {
      for (const nameOrEmail of [userName, email]) {
        const way = signIn({ nameOrEmail, rawpw: PASSWORD }, call);
        const token = (await bothWays(way)).field('AccessToken');
        expect((await ask(broker(), 'GET', 'servers', { token })).status).toBe(200);
        expect(await isReady(broker(), () => way(''))).toBe(true);
      }
    }
    expect(
      await sql(broker(), `SELECT DISTINCT app, network FROM device_tokens WHERE network LIKE '203%'`),
    ).toEqual([{ app: '', network: '203.0.113.9' }]);
  });

  test.each<[string, Fields | undefined, Call, number]>([
    ['no name', { rawpw: PASSWORD }, {}, 400],
    ['no password', { nameOrEmail: 'nobody' }, {}, 400],
    ['two passwords', undefined, { body: 'nameOrEmail=nobody&rawpw=a&rawpw=b' }, 400],
    ['a NUL character', { nameOrEmail: 'a\0', rawpw: PASSWORD }, {}, 400],
    ['a body beyond what is small', { nameOrEmail: 'nobody', rawpw: 'x'.repeat(3_000) }, {}, 401],
    ['JSON', undefined, { json: { nameOrEmail: 'nobody', rawpw: PASSWORD } }, 401],
    ['the token of a device', { nameOrEmail: 'nobody-2', rawpw: PASSWORD }, { token: hex() + hex() }, 401],
  ])('a sign-in with %s is read by it', async (_, fields, call, status) => {
    const headers = call.body === undefined ? {} : { 'Content-Type': 'application/x-www-form-urlencoded' };
    const way = signIn(fields, { headers, from: '198.51.100.1', ...call });
    expect((await bothWays(way)).status).toBe(status);
    expect(await isReady(broker(), () => way(''))).toBe(false);
  });

  test('wrong, unknown and the form of old clients are refused as by it, each counted once, whoever asks', async () => {
    await account(broker(), 'guessed');
    const limits = broker().app.get(SignInLimits);
    for (const [at, fields] of [
      { nameOrEmail: 'guessed', rawpw: 'not the right password' },
      { nameOrEmail: 'guessed@example.org', rawpw: 'not the right password' },
      { nameOrEmail: 'nobody-at-all', rawpw: PASSWORD },
      { nameOrEmail: 'guessed', password: '5f4dcc3b5aa765d61d8327deb882cf99' },
    ].entries()) {
      const way = signIn(fields, {
        from: `198.51.100.${at + 10}`,
        headers: { Origin: 'https://app.example.org' },
      });
      const [counted, back] = [jest.spyOn(limits, 'begin'), jest.spyOn(limits, 'giveBack')];
      expect((await bothWays(way)).status).toBe(401);
      expect([counted, back].map(({ mock }) => mock.calls.length)).toEqual([2, 0]);
      jest.restoreAllMocks();
    }
  });

  test('guesses are stopped as by it, right or wrong, by either way and by both together', async () => {
    await account(broker(), 'stopped');
    const guess = (rawpw: string): Ask =>
      signIn({ nameOrEmail: 'stopped', rawpw }, { from: '198.51.100.50' });
    // A right one gives its try back, so that the sixth wrong one is refused all the same (ADR 0013).
    for (let count = 0; count < 5; count += 1)
      expect((await guess('wrong')(count % 2 === 0 ? '' : '&x=1')).status).toBe(401);
    const hashed = jest.spyOn(broker().app.get(PasswordHasher), 'verify');
    for (const rawpw of ['wrong', PASSWORD]) expect((await bothWays(guess(rawpw))).status).toBe(429);
    expect(hashed).not.toHaveBeenCalled();
  });

  test('a right password gives its try back (ADR 0013)', async () => {
    await account(broker(), 'right');
    const way = signIn({ nameOrEmail: 'right', rawpw: PASSWORD }, { from: '198.51.100.60' });
    // One more than a place that is known may try in an hour.
    for (let count = 0; count < 12; count += 1) expect((await way('')).status).toBe(200);
  });

  test('where too many passwords are checked it is told so as by it', async () => {
    const { userName } = await account(broker(), 'crowded');
    const hasher = broker().app.get(PasswordHasher);
    const waiting = Reflect.get(hasher, 'config') as { hashQueue: number };
    const { hashQueue } = waiting;
    Object.assign(waiting, { hashQueue: 0 });
    try {
      expect((await bothWays(signIn({ nameOrEmail: userName, rawpw: PASSWORD }))).status).toBe(503);
    } finally {
      Object.assign(waiting, { hashQueue });
    }
  });
});

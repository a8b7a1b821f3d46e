import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR, MINUTE } from '../../src/shared/clock.js';
import { CredentialChanges, type Account } from '../../src/features/accounts/index.js';
import { SignInsService } from '../../src/features/sessions/index.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { eachBroker, type TestBroker } from '../support/broker.js';
import type { Fields } from '../simulator/forms.js';
import { ask, type Answer } from './ask.js';
import { account, device, disable, hex } from './cast.js';

const HOME = '192.0.2.10';
const ELSEWHERE = '192.0.2.11';
const WRONG = { message: 'This PIN is wrong, used or expired.' };

interface Made {
  readonly pin: string;
  /** The unguessable one that came back. */
  readonly handle: string;
}

async function make(broker: TestBroker, deviceId = 'tv', from = HOME): Promise<Made> {
  const answer = await ask(broker, 'POST', 'pin', { form: { deviceId }, from });
  if (answer.status !== 200) throw new Error(`no PIN: ${answer.status} ${answer.text}`);
  return { pin: answer.field('Pin'), handle: answer.field('DeviceId') };
}

const poll = (broker: TestBroker, pin: string, deviceId: string, from = HOME): Promise<Answer> =>
  ask(broker, 'GET', 'pin', { query: { pin, deviceId }, from });
const exchange = (broker: TestBroker, pin: string, deviceId: string, from = HOME): Promise<Answer> =>
  ask(broker, 'POST', 'pin/authenticate', { form: { pin, deviceId }, from });
const confirm = (broker: TestBroker, token: string, query: Fields, from = HOME): Promise<Answer> =>
  ask(broker, 'POST', 'pin/confirm', { token, query, from });

async function signedIn(broker: TestBroker, userName: string): Promise<{ person: Account; token: string }> {
  const person = await account(broker, userName);
  return { person, token: await device(broker, person) };
}

eachBroker('a PIN', { TRUST_PROXY: '127.0.0.0/8' }, (broker) => {
  test('is made, polled, confirmed, exchanged, with exactly these answers', async () => {
    const { person, token } = await signedIn(broker(), 'golden-pin');
    const created = await ask(broker(), 'POST', 'pin', { form: { deviceId: 'tv' }, from: HOME });
    const pin = {
      Id: null,
      Pin: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{8}$/),
      DeviceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      IsExpired: false,
      IsConfirmed: false,
      AccessToken: null,
    };
    expect([created.status, created.object]).toEqual([200, pin]);
    const [code, handle] = [created.field('Pin'), created.field('DeviceId')];
    expect((await poll(broker(), code, handle)).object).toEqual(created.object);
    expect(await confirm(broker(), token, { pin: code, userId: person.id })).toMatchObject({
      status: 200,
      text: '{}',
    });
    const confirmed = await poll(broker(), code, handle);
    expect([confirmed.status, confirmed.object]).toEqual([
      200,
      { ...created.object, Id: person.id, IsConfirmed: true },
    ]);
    const exchanged = await exchange(broker(), code, handle);
    const accessToken = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect([exchanged.status, exchanged.object]).toEqual([
      200,
      { UserId: person.id, AccessToken: accessToken },
    ]);
    const entered = { token: exchanged.field('AccessToken') };
    expect((await ask(broker(), 'GET', 'user', entered)).object).toMatchObject({ Id: person.id });
  });

  test('is unlike every other and its handle unlike the device id', async () => {
    const made = await Promise.all(Array.from({ length: 30 }, () => make(broker(), hex())));
    expect(new Set(made.map(({ pin }) => pin)).size).toBe(30);
    expect(new Set(made.map(({ handle }) => handle)).size).toBe(30);
  });

  test('is typed as people type: small letters, blanks, a dash', async () => {
    const { token } = await signedIn(broker(), 'typist');
    const spellings = [
      (pin: string) => pin.toLowerCase(),
      (pin: string) => `${pin.slice(0, 4)}-${pin.slice(4)}`,
      (pin: string) => ` ${pin.slice(0, 3)} ${pin.slice(3).toLowerCase()} `,
    ];
    for (const spelled of spellings) {
      const { pin, handle } = await make(broker());
      expect((await confirm(broker(), token, { pin: spelled(pin) })).status).toBe(200);
      expect((await exchange(broker(), spelled(pin), handle)).status).toBe(200);
    }
  });

  test('cannot be exchanged before it is confirmed, nor twice, nor polled afterwards', async () => {
    const { token } = await signedIn(broker(), 'single');
    const { pin, handle } = await make(broker());
    expect(await exchange(broker(), pin, handle)).toMatchObject({ status: 404, object: WRONG });
    await confirm(broker(), token, { pin });
    expect((await exchange(broker(), pin, handle)).status).toBe(200);
    expect(await exchange(broker(), pin, handle)).toMatchObject({ status: 404, object: WRONG });
    expect(await poll(broker(), pin, handle)).toMatchObject({ status: 404, object: WRONG });
    expect(await confirm(broker(), token, { pin })).toMatchObject({ status: 404, object: WRONG });
  });

  test('of twenty exchanges at once lets one in', async () => {
    const { token } = await signedIn(broker(), 'raced');
    const { pin, handle } = await make(broker());
    await confirm(broker(), token, { pin });
    const answers = await Promise.all(Array.from({ length: 20 }, () => exchange(broker(), pin, handle)));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array<number>(19).fill(404)]);
  });

  test('of two people who confirm at once belongs to one', async () => {
    const [anna, bert] = [await signedIn(broker(), 'first-hand'), await signedIn(broker(), 'second-hand')];
    const { pin, handle } = await make(broker());
    const answers = await Promise.all([anna, bert].map(({ token }) => confirm(broker(), token, { pin })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404]);
    const winner = answers[0]?.status === 200 ? anna : bert;
    expect((await exchange(broker(), pin, handle)).object).toMatchObject({ UserId: winner.person.id });
  });

  test('with its handle works from any network', async () => {
    const { token } = await signedIn(broker(), 'travelling');
    const { pin, handle } = await make(broker(), 'tv', HOME);
    expect((await confirm(broker(), token, { pin }, ELSEWHERE)).status).toBe(200);
    expect((await poll(broker(), pin, handle, ELSEWHERE)).status).toBe(200);
    expect((await exchange(broker(), pin, handle, ELSEWHERE)).status).toBe(200);
  });

  test('with the device’s own id works from the network that made it alone, as a Roku needs it', async () => {
    const { token } = await signedIn(broker(), 'roku');
    for (const deviceId of ['Unknown', 'Living Room & Küche 100%', '🔋'.repeat(100)]) {
      const body = `deviceId=${deviceId}`;
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const pin = (await ask(broker(), 'POST', 'pin', { body, headers, from: HOME })).field('Pin');
      expect((await poll(broker(), pin, deviceId, ELSEWHERE)).status).toBe(404);
      expect((await poll(broker(), pin, deviceId, HOME)).object).toMatchObject({ DeviceId: deviceId });
      await confirm(broker(), token, { pin });
      expect((await exchange(broker(), pin, deviceId, ELSEWHERE)).status).toBe(404);
      expect((await exchange(broker(), pin, deviceId, HOME)).status).toBe(200);
    }
  });

  test('with another device id, the handle of another PIN or none is 404 or 400', async () => {
    const [mine, other] = [await make(broker()), await make(broker(), 'other')];
    for (const deviceId of ['TV', 'other', other.handle, mine.handle.toUpperCase(), mine.handle.slice(1)]) {
      expect(await poll(broker(), mine.pin, deviceId)).toMatchObject({ status: 404, object: WRONG });
      expect((await exchange(broker(), mine.pin, deviceId)).status).toBe(404);
    }
    expect((await poll(broker(), mine.pin, '')).status).toBe(400);
    for (const pin of ['AAAAAAAA', '12345', 'BCDFGHJ', 'BCDFGHJKL', '_'.repeat(8)]) {
      expect(await poll(broker(), pin, mine.handle)).toMatchObject({ status: 404, object: WRONG });
    }
  });

  test('is IsExpired with 200 after ten minutes, then unknown; confirmed or not, it lets nobody in', async () => {
    const { token } = await signedIn(broker(), 'late-pin');
    const [open, confirmed] = [await make(broker()), await make(broker())];
    await confirm(broker(), token, { pin: confirmed.pin });
    broker().clock.advance(10 * MINUTE - 1);
    expect((await poll(broker(), open.pin, open.handle)).object).toMatchObject({ IsExpired: false });
    broker().clock.advance(1);
    for (const { pin, handle } of [open, confirmed]) {
      const { status, object } = await poll(broker(), pin, handle);
      expect([status, object]).toEqual([
        200,
        { Id: null, Pin: pin, DeviceId: handle, IsExpired: true, IsConfirmed: false, AccessToken: null },
      ]);
      expect((await exchange(broker(), pin, handle)).status).toBe(404);
    }
    expect(await confirm(broker(), token, { pin: open.pin })).toMatchObject({ status: 404, object: WRONG });
    broker().clock.advance(10 * MINUTE);
    for (const { pin, handle } of [open, confirmed]) {
      expect(await poll(broker(), pin, handle)).toMatchObject({ status: 404, object: WRONG });
    }
  });

  test('is confirmed with a device token alone, for nobody but its account (W1)', async () => {
    const [{ person, token }, other] = [await signedIn(broker(), 'w-one'), await account(broker(), 'w-two')];
    const { pin, handle } = await make(broker());
    const query = { pin, userId: person.id };
    for (const call of [{}, { key: hex() + hex() }, { token: hex() }, { key: 'CONNECT-GETUSER' }]) {
      expect((await ask(broker(), 'POST', 'pin/confirm', { ...call, query })).status).toBe(401);
    }
    expect((await confirm(broker(), token, { pin, userId: other.id })).status).toBe(403);
    expect((await confirm(broker(), token, { pin, userId: '1' })).status).toBe(403);
    expect((await confirm(broker(), token, { userId: person.id })).status).toBe(400);
    expect((await poll(broker(), pin, handle)).object).toMatchObject({ IsConfirmed: false, Id: null });
    expect((await confirm(broker(), token, query)).status).toBe(200);
  });

  test('lets nobody in whose account was disabled after the confirmation', async () => {
    const { person, token } = await signedIn(broker(), 'disabled-pin');
    const { pin, handle } = await make(broker());
    await confirm(broker(), token, { pin });
    await disable(broker(), person.id);
    expect((await exchange(broker(), pin, handle)).status).toBe(404);
  });

  test('outlives a restart between any two steps', async () => {
    const { person, token } = await signedIn(broker(), 'restarted');
    const restart = async (): Promise<void> => {
      await broker().close();
      await broker().open();
    };
    const { pin, handle } = await make(broker());
    await restart();
    expect((await poll(broker(), pin, handle)).object).toMatchObject({ IsConfirmed: false });
    await confirm(broker(), token, { pin });
    await restart();
    expect((await poll(broker(), pin, handle)).object).toMatchObject({ IsConfirmed: true });
    expect((await exchange(broker(), pin, handle)).object).toMatchObject({ UserId: person.id });
    await restart();
    expect((await exchange(broker(), pin, handle)).status).toBe(404);
  });

  test.each([
    ['nothing', {}],
    ['an empty text', { deviceId: '' }],
    ['257 characters', { deviceId: 'a'.repeat(257) }],
  ])('needs a device id: %s is refused', async (_, form: Fields) => {
    const { status, object } = await ask(broker(), 'POST', 'pin', { form });
    expect([status, object]).toEqual([400, { message: expect.stringMatching(/^deviceId: /) }]);
  });
});

describe('guessing', () => {
  eachBroker('PINs with limits', { LIMITS: 'on', TRUST_PROXY: '127.0.0.0/8' }, (broker) => {
    const guess = async (token: string, from: string): Promise<number> =>
      (await confirm(broker(), token, { pin: 'BCDFGHJK' }, from)).status;

    test('is over after five wrong ones in ten minutes, for the right one too', async () => {
      const { token } = await signedIn(broker(), 'guesser');
      const right = await make(broker(), 'tv', '198.51.100.1');
      const from = '198.51.100.2';
      const statuses: number[] = [];
      for (let count = 0; count < 6; count += 1) statuses.push(await guess(token, from));
      expect(statuses).toEqual([404, 404, 404, 404, 404, 429]);
      const refused = await confirm(broker(), token, { pin: right.pin }, '198.51.100.3');
      expect(refused.status).toBe(429);
      expect(refused.headers['retry-after']).toMatch(/^[1-9]\d*$/);
      // Nor does a restart, or an empty Redis, give more: what was wrong is in the database.
      await broker().close();
      await broker().open();
      expect(await guess(token, '198.51.100.3')).toBe(429);
      broker().clock.advance(9 * MINUTE);
      expect(await guess(token, from)).toBe(429);
      broker().clock.advance(MINUTE);
      expect(await guess(token, from)).toBe(404);
    });

    test('does not count the right ones', async () => {
      const { token } = await signedIn(broker(), 'lucky');
      for (let count = 0; count < 8; count += 1) {
        const { pin } = await make(broker(), 'tv', `198.51.100.${20 + count}`);
        expect((await confirm(broker(), token, { pin }, '198.51.100.4')).status).toBe(200);
      }
    });

    test('is over after thirty wrong ones in a day', async () => {
      const { token } = await signedIn(broker(), 'patient');
      let wrong = 0;
      for (let round = 0; round < 8; round += 1) {
        for (let count = 0; count < 5; count += 1) {
          if ((await guess(token, `198.51.100.${30 + round}`)) === 404) wrong += 1;
        }
        broker().clock.advance(10 * MINUTE);
      }
      expect(wrong).toBe(30);
      broker().clock.advance(DAY);
      expect(await guess(token, '198.51.100.40')).toBe(404);
    });

    test('is over for a network after thirty in an hour, whatever the accounts', async () => {
      const from = '198.51.100.50';
      const statuses: number[] = [];
      for (let at = 0; at < 7; at += 1) {
        const { token } = await signedIn(broker(), `network-${at}`);
        for (let count = 0; count < 5; count += 1) statuses.push(await guess(token, from));
      }
      expect(statuses).toEqual([...Array<number>(30).fill(404), ...Array<number>(5).fill(429)]);
      broker().clock.advance(HOUR);
    });

    test('by a crowd closes this door for ten minutes, because no password can be given here (S-43)', async () => {
      const { token } = await signedIn(broker(), 'bystander');
      const { pin, handle } = await make(broker(), 'tv', '198.51.100.90');
      const statuses: number[] = [];
      for (let at = 0; at < 13; at += 1) {
        const guesser = await signedIn(broker(), `crowd-${at}`);
        for (let count = 0; count < 5; count += 1) {
          statuses.push(await guess(guesser.token, `203.0.113.${at}`));
        }
      }
      // Sixty in a minute, one more that is noticed, and no further one is looked at.
      expect(statuses).toEqual([...Array<number>(61).fill(404), ...Array<number>(4).fill(429)]);
      const refused = await confirm(broker(), token, { pin }, '198.51.100.91');
      expect([refused.status, refused.object]).toEqual([
        429,
        { message: expect.stringContaining('PIN page') },
      ]);
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(400);
      expect((await poll(broker(), pin, handle, '198.51.100.90')).status).toBe(200);
      broker().clock.advance(10 * MINUTE);
      const next = await make(broker(), 'tv', '198.51.100.90');
      expect((await confirm(broker(), token, { pin: next.pin }, '198.51.100.91')).status).toBe(200);
    });

    test('PINs by the dozen is over too: ten a minute and twenty alive per network', async () => {
      const create = (from: string): Promise<Answer> =>
        ask(broker(), 'POST', 'pin', { form: { deviceId: 'tv' }, from });
      const statuses: number[] = [];
      for (let count = 0; count < 11; count += 1) statuses.push((await create('198.51.100.60')).status);
      expect(statuses).toEqual([...Array<number>(10).fill(200), 429]);
      broker().clock.advance(MINUTE);
      for (let count = 0; count < 10; count += 1) expect((await create('198.51.100.60')).status).toBe(200);
      broker().clock.advance(MINUTE);
      const refused = await create('198.51.100.60');
      expect([refused.status, refused.headers['retry-after']]).toEqual([429, expect.stringMatching(/^\d+$/)]);
      expect((await create('198.51.100.61')).status).toBe(200);
      broker().clock.advance(10 * MINUTE);
      expect((await create('198.51.100.60')).status).toBe(200);
    });

    test('polls are not refused below one a second', async () => {
      const { pin, handle } = await make(broker(), 'tv', '198.51.100.70');
      for (let second = 0; second < 60; second += 1) {
        expect((await poll(broker(), pin, handle, '198.51.100.70')).status).toBe(200);
      }
      for (let more = 0; more < 30; more += 1) await poll(broker(), pin, handle, '198.51.100.70');
      const refused = await poll(broker(), pin, handle, '198.51.100.70');
      expect([refused.status, refused.headers['retry-after']]).toEqual([429, expect.stringMatching(/^\d+$/)]);
    });
  });
});

eachBroker('a PIN that was confirmed', {}, (broker) => {
  test.each([
    [
      'a change of the password (S-13)',
      ({ app }: TestBroker, { id }: Account): Promise<void> =>
        app.get(UnitOfWork).run(() => app.get(CredentialChanges).announce(id)),
    ],
    [
      'signing out everywhere else (S-09)',
      ({ app }: TestBroker, { id }: Account): Promise<void> =>
        app.get(SignInsService).endOthers(id, 'this one'),
    ],
  ])('does not outlive %s', async (_, end) => {
    const person = await account(broker(), `pin-${hex().slice(0, 6)}`);
    const token = await device(broker(), person);
    const { pin, handle } = await make(broker(), 'tv', '198.51.100.80');
    expect((await ask(broker(), 'POST', 'pin/confirm', { token, form: { pin } })).status).toBe(200);
    await end(broker(), person);
    const exchange = await ask(broker(), 'POST', 'pin/authenticate', { form: { pin, deviceId: handle } });
    expect(exchange.status).toBe(404);
  });
});

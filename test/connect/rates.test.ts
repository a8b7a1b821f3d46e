import { expect, jest, test } from '@jest/globals';
import { ServersRepository } from '../../src/features/servers/servers.repository.js';
import { DAY, HOUR, MINUTE } from '../../src/shared/clock.js';
import { eachBroker } from '../support/broker.js';
import { PASSWORD } from '../support/people.js';
import { ask, type Answer } from './ask.js';
import { account, device, hex, server } from './cast.js';

const ANONYMOUS = 60;
const SETTINGS = {
  LIMITS: 'on',
  TRUST_PROXY: '127.0.0.0/8',
  LIMIT_SERVER_UPDATES_PER_HOUR: '4',
  LIMIT_LISTS_PER_HOUR: '6',
  LIMIT_ANONYMOUS_REQUESTS_PER_NETWORK_MINUTE: String(ANONYMOUS),
};

/** Says when to come back, and nothing that would make a server or a device give up (product rule 3). */
function expectTooMany({ status, headers, object }: Answer): void {
  expect([status, headers['retry-after']]).toEqual([429, expect.stringMatching(/^[1-9]\d*$/)]);
  expect(object).toMatchObject({ message: 'Too many requests. Try again later.' });
}

eachBroker('how often (S-25)', SETTINGS, (broker) => {
  let network = 0;
  const elsewhere = (): string => `192.0.2.${(network += 1)}`;

  const register = (from: string): Promise<Answer> =>
    ask(broker(), 'POST', 'Servers', {
      raw: { name: 'N', url: 'https://a.example', systemId: hex() },
      from,
    });

  test('a network registers three servers an hour and ten a day', async () => {
    const from = elsewhere();
    const counts: number[] = [];
    for (let hour = 0; hour < 4; hour += 1) {
      let registered = 0;
      for (let count = 0; count < 3; count += 1) if ((await register(from)).status === 200) registered += 1;
      expectTooMany(await register(from));
      counts.push(registered);
      broker().clock.advance(HOUR);
    }
    expect(counts).toEqual([3, 3, 3, 1]);
    expect((await register(elsewhere())).status).toBe(200);
    broker().clock.advance(DAY);
    expect((await register(from)).status).toBe(200);
  });

  test('whoever holds a whole IPv6 /48 registers twelve times an hour, not three times from each /64 of it', async () => {
    const statuses: number[] = [];
    for (let subnet = 0; subnet < 6; subnet += 1) {
      for (let count = 0; count < 3; count += 1) {
        statuses.push((await register(`2001:db8:77:${subnet}::1`)).status);
      }
    }
    expect(statuses).toEqual([...Array<number>(12).fill(200), ...Array<number>(6).fill(429)]);
    expect((await register('2001:db8:78::1')).status).toBe(200);
  });

  test('wrong passwords from a whole IPv6 /48 are counted together as well (S-21)', async () => {
    const names = Array.from({ length: 90 }, (_, at) => `wide-${at}`);
    const statuses: number[] = [];
    for (const [at, nameOrEmail] of names.entries()) {
      const form = { nameOrEmail, rawpw: 'wrong password' };
      const from = `2001:db8:99:${at}::1`;
      statuses.push((await ask(broker(), 'POST', 'user/authenticate', { form, from })).status);
    }
    expect(statuses).toEqual([...Array<number>(80).fill(401), ...Array<number>(10).fill(429)]);
  });

  test('a network signs up three times an hour, told as a failure of the form', async () => {
    const from = elsewhere();
    const signUp = (userName: string): Promise<Answer> =>
      ask(broker(), 'POST', 'register', {
        form: { email: `${userName}@example.org`, userName, rawpw: PASSWORD },
        from,
      });
    for (const name of ['rate-1', 'rate-2', 'rate-3']) expect((await signUp(name)).status).toBe(200);
    const refused = await signUp('rate-4');
    expectTooMany(refused);
    expect(refused.object).toMatchObject({ Status: 'FAILURE' });
  });

  test('a server updates so often, and is never told that it is unknown', async () => {
    const { id, key, systemId } = await server(broker(), 'Restless');
    const raw = { name: 'N', url: 'https://a.example', systemId };
    const update = (): Promise<Answer> => ask(broker(), 'POST', `Servers?id=${id}`, { key, raw });
    for (let count = 0; count < 4; count += 1) expect((await update()).status).toBe(200);
    expectTooMany(await update());
    // Who is not the server does not use up what it has, and is told what it always is.
    const wrong = await ask(broker(), 'POST', `Servers?id=${id}`, { key: hex() + hex(), raw });
    expect(wrong.status).toBe(401);
    broker().clock.advance(HOUR);
    expect((await update()).status).toBe(200);
  });

  test('strangers cannot use up what a server has', async () => {
    const { id, key, systemId } = await server(broker(), 'Attacked');
    const raw = { name: 'N', url: 'https://a.example', systemId };
    for (let count = 0; count < 10; count += 1) {
      const wrong = await ask(broker(), 'POST', `Servers?id=${id}`, { key: hex() + hex(), raw });
      expect(wrong.status).toBe(401);
    }
    expect((await ask(broker(), 'POST', `Servers?id=${id}`, { key, raw })).status).toBe(200);
  });

  test('strangers have nothing read beyond what their network may ask, and do not hinder a server there', async () => {
    const [from, home] = [elsewhere(), await server(broker(), 'Neighbour')];
    const raw = { name: 'N', url: 'https://a.example', systemId: home.systemId };
    const update = (key: string): Promise<Answer> =>
      ask(broker(), 'POST', `Servers?id=${home.id}`, { key, raw, from });
    for (let count = 0; count < ANONYMOUS; count += 1) expect((await update(hex() + hex())).status).toBe(401);
    const reads = jest.spyOn(broker().app.get(ServersRepository), 'find');
    expectTooMany(await update(hex() + hex()));
    expect(reads).not.toHaveBeenCalled();
    reads.mockRestore();
    expect((await update(home.key)).object).toMatchObject({ Name: 'N' });
    expectTooMany(await update(hex() + hex()));
    expect((await update(home.key)).status).toBe(200);
  });

  test('a server and a device read lists so often, each for itself; ending things is never refused', async () => {
    const home = await server(broker(), 'Reader');
    const person = await account(broker(), 'reader');
    const [token, other] = [await device(broker(), person), await device(broker(), person)];
    for (const call of [{ key: home.key }, { token }]) {
      const path = 'key' in call ? 'ServerAuthorizations' : 'servers';
      for (let count = 0; count < 6; count += 1) {
        expect((await ask(broker(), 'GET', path, call)).status).toBe(200);
      }
      expectTooMany(await ask(broker(), 'GET', path, call));
    }
    expect((await ask(broker(), 'GET', 'servers', { token: other })).status).toBe(200);
    const ended = { key: home.key, raw: { userId: person.id } };
    expect((await ask(broker(), 'DELETE', 'ServerAuthorizations', ended)).status).toBe(404);
    expect((await ask(broker(), 'POST', 'user/logout', { token })).status).toBe(200);
  });

  test('wrong passwords for one account from one network are refused after five, the right one too', async () => {
    await account(broker(), 'guarded');
    const from = elsewhere();
    const signIn = (rawpw: string, at = from): Promise<Answer> =>
      ask(broker(), 'POST', 'user/authenticate', { form: { nameOrEmail: 'guarded', rawpw }, from: at });
    for (let count = 0; count < 5; count += 1) expect((await signIn('wrong password')).status).toBe(401);
    expectTooMany(await signIn('wrong password'));
    expectTooMany(await signIn(PASSWORD));
    // The owner elsewhere is not locked out.
    expect((await signIn(PASSWORD, elsewhere())).status).toBe(200);
    broker().clock.advance(15 * MINUTE);
    expect((await signIn(PASSWORD)).status).toBe(200);
  });

  test('a device that is signed in signs in anew from anywhere, whoever guesses elsewhere (S-22)', async () => {
    const [owner, other] = [await account(broker(), 'traveller'), await account(broker(), 'thief')];
    const [token, foreign] = [await device(broker(), owner), await device(broker(), other)];
    const signIn = (rawpw: string, as?: string): Promise<Answer> => {
      const form = { nameOrEmail: 'traveller', rawpw };
      const call = { form, from: elsewhere(), ...(as === undefined ? {} : { token: as }) };
      return ask(broker(), 'POST', 'user/authenticate', call);
    };
    for (let count = 0; count < 100; count += 1) await signIn('wrong password');
    expectTooMany(await signIn(PASSWORD));
    for (const nothing of [foreign, hex() + hex(), 'x', '']) expectTooMany(await signIn(PASSWORD, nothing));
    for (let count = 0; count < 9; count += 1) {
      expect((await signIn('wrong password', token)).status).toBe(401);
    }
    expect((await signIn(PASSWORD, token)).status).toBe(200);
    await ask(broker(), 'POST', 'user/logout', { token });
  });

  test('a throttled sign-in says the same for an account that does not exist', async () => {
    const texts: string[] = [];
    await account(broker(), 'throttled');
    for (const nameOrEmail of ['throttled', 'not-throttled-because-nobody']) {
      const from = elsewhere();
      let answer: Answer | undefined;
      for (let count = 0; count < 6; count += 1) {
        const form = { nameOrEmail, rawpw: 'wrong password' };
        answer = await ask(broker(), 'POST', 'user/authenticate', { form, from });
      }
      texts.push(`${answer!.status} ${answer!.text}`);
    }
    expect(texts[0]).toMatch(/^429 /);
    expect(texts[1]).toBe(texts[0]);
  });
});

import { expect, test } from '@jest/globals';
import { DAY, HOUR } from '../../src/shared/clock.js';
import { AccountsService } from '../../src/features/accounts/index.js';
import { eachBroker, type TestBroker } from '../support/broker.js';
import type { Fields } from '../simulator/forms.js';
import { ask, type Answer, type Call } from './ask.js';
import { acceptedLink, account, device, disable, hex, server, unverified } from './cast.js';

const UNKNOWN = { message: 'There is no such user.' };

function look(broker: TestBroker, caller: Call, query: Fields = {}): Promise<Answer> {
  return ask(broker, 'GET', 'user', { ...caller, query });
}

eachBroker('a server that looks a user up (E6)', {}, (broker) => {
  const caller = async (): Promise<Call> => ({ key: (await server(broker(), 'Asking')).key });

  test.each(['nameOrEmail', 'name', 'NAMEOREMAIL'])(
    'by user name in %s is told all but the e-mail',
    async (selector) => {
      const person = await account(broker(), `Named-${selector.replace(/[a-z]/g, '')}-${selector.length}`);
      const { status, object } = await look(broker(), await caller(), {
        [selector]: person.userName.toLowerCase(),
      });
      expect([status, object]).toEqual([
        200,
        {
          Id: person.id,
          Name: person.userName,
          DisplayName: person.userName,
          Email: '',
          IsActive: true,
          ImageUrl: '',
        },
      ]);
    },
  );

  test.each(['nameOrEmail', 'name', 'email'])('by e-mail in %s gets that address back', async (selector) => {
    const person = await account(broker(), `mailed-${selector.toLowerCase()}`);
    const { status, object } = await look(broker(), await caller(), {
      [selector]: person.email.toUpperCase(),
    });
    expect([status, object]).toMatchObject([200, { Id: person.id, Email: person.email, IsActive: true }]);
  });

  test('by id, under both names, is told no e-mail', async () => {
    const person = await account(broker(), 'by-id');
    for (const query of [{ id: person.id }, { userId: person.id }]) {
      expect((await look(broker(), await caller(), query)).object).toMatchObject({
        Id: person.id,
        Email: '',
      });
    }
  });

  test('reads an e-mail with a plus, escaped or not', async () => {
    const key = (await caller()).key!;
    const email = 'a+b@example.org';
    await ask(broker(), 'POST', 'register', {
      json: { email, userName: 'plus', rawpw: 'correct horse battery staple' },
    });
    for (const written of ['a%2Bb%40example.org', 'a+b@example.org', 'A%2bB@Example.org']) {
      const answer = await ask(broker(), 'GET', `user?nameOrEmail=${written}`, { key });
      expect(answer.object).toMatchObject({ Name: 'plus', Email: email });
    }
  });

  test('sees who has not confirmed and who is disabled, as inactive', async () => {
    await unverified(broker(), 'pending');
    const off = await account(broker(), 'off');
    await disable(broker(), off.id);
    for (const name of ['pending', 'off']) {
      const { status, object } = await look(broker(), await caller(), { nameOrEmail: name });
      expect([status, object['IsActive']]).toEqual([200, false]);
    }
  });

  test('is told 404, never null, for whom there is not', async () => {
    await account(broker(), 'prefix');
    const queries: Fields[] = [
      { nameOrEmail: 'nobody' },
      { nameOrEmail: 'nobody@example.org' },
      { nameOrEmail: 'prefi' },
      { nameOrEmail: 'prefi%' },
      { nameOrEmail: 'prefi_' },
      { nameOrEmail: ' prefix' },
      { email: '%@example.org' },
      { id: '1' },
      { id: 'prefix' },
    ];
    const asking = await caller();
    for (const query of queries) {
      const { status, object } = await look(broker(), asking, query);
      expect([query, status, object]).toEqual([query, 404, UNKNOWN]);
    }
  });

  test('is told 404 of people who do not want to be found so', async () => {
    const [person, asking] = [await account(broker(), 'hermit'), await caller()];
    const found = async (nameOrEmail: string): Promise<boolean> =>
      (await look(broker(), asking, { nameOrEmail })).status === 200;
    for (const findableByName of [true, false]) {
      for (const findableByEmail of [true, false]) {
        await broker().app.get(AccountsService).setFindable(person.id, { findableByName, findableByEmail });
        expect([await found('hermit'), await found(person.email)]).toEqual([findableByName, findableByEmail]);
      }
    }
    expect(await look(broker(), asking, { name: 'hermit' })).toMatchObject({ status: 404, object: UNKNOWN });
  });

  test('has to say whom it means, and but once', async () => {
    const asking = await caller();
    expect(await look(broker(), asking)).toMatchObject({
      status: 400,
      object: { message: 'nameOrEmail: is missing' },
    });
    for (const query of [
      { id: '1', name: 'a' },
      { nameOrEmail: 'a', email: 'a@b.cc' },
      { id: '1', userId: '1' },
    ]) {
      expect((await look(broker(), asking, query)).status).toBe(400);
    }
  });

  test.each([
    ['none', {}],
    ['a wrong one', { key: hex() + hex() }],
    ['CONNECT-REGISTER', { key: 'CONNECT-REGISTER' }],
    ['CONNECT-GETUSER', { key: 'Connect-GetUser' }],
  ])('needs a key: with %s it is 401', async (_, call: Call) => {
    await account(broker(), `secret-${hex().slice(0, 8)}`);
    for (const nameOrEmail of ['nobody', 'prefix']) {
      expect((await look(broker(), call, { nameOrEmail })).status).toBe(401);
    }
  });
});

eachBroker('a device that looks a user up (E6)', {}, (broker) => {
  test('sees itself, whole, under every name and with the literal of the PIN page', async () => {
    const me = await account(broker(), 'Myself');
    const token = await device(broker(), me);
    const own = {
      Id: me.id,
      Name: 'Myself',
      DisplayName: 'Myself',
      Email: me.email,
      IsActive: true,
      ImageUrl: '',
    };
    const queries: Fields[] = [
      {},
      { id: me.id },
      { userId: me.id },
      { nameOrEmail: 'MYSELF' },
      { name: me.email },
      { email: me.email.toUpperCase() },
    ];
    for (const query of queries) {
      for (const call of [{ token }, { token, key: 'CONNECT-GETUSER' }]) {
        expect(await look(broker(), call, query)).toMatchObject({ status: 200, object: own });
      }
    }
  });

  test('sees nobody else: who exists and who does not are the same 404', async () => {
    const token = await device(broker(), await account(broker(), 'curious'));
    const other = await account(broker(), 'private');
    const queries: Fields[] = [
      { id: other.id },
      { userId: other.id },
      { nameOrEmail: 'private' },
      { name: 'private' },
      { email: other.email },
      { id: '12345' },
      { nameOrEmail: 'nobody' },
    ];
    for (const query of queries) {
      expect(await look(broker(), { token }, query)).toMatchObject({ status: 404, object: UNKNOWN });
    }
  });

  test('with a bad token is 401, also beside a good server key', async () => {
    const { key } = await server(broker(), 'Confused');
    expect((await look(broker(), { token: hex(), key }, { nameOrEmail: 'curious' })).status).toBe(401);
  });
});

eachBroker('look-ups with limits', { LIMITS: 'on', TRUST_PROXY: '127.0.0.0/8' }, (broker) => {
  let network = 0;
  const elsewhere = (): string => `198.51.100.${(network += 1)}`;

  async function spend(call: Call, times: number): Promise<number[]> {
    const statuses: number[] = [];
    for (let count = 0; count < times; count += 1) {
      statuses.push((await look(broker(), call, { nameOrEmail: `nobody-${count}` })).status);
    }
    return statuses;
  }

  test('a new server has ten a day, found or not; then 429 with Retry-After', async () => {
    const { key } = await server(broker(), 'New');
    const person = await account(broker(), 'limited');
    const from = elsewhere();
    expect(await spend({ key, from }, 9)).toEqual(Array<number>(9).fill(404));
    expect((await look(broker(), { key, from }, { nameOrEmail: 'limited' })).status).toBe(200);
    for (const query of [{ nameOrEmail: 'limited' }, { nameOrEmail: 'nobody' }, { id: person.id }]) {
      const { status, object, headers } = await look(broker(), { key, from: elsewhere() }, query);
      expect([status, object]).toEqual([429, { message: 'Too many requests. Try again later.' }]);
      const seconds = Number(headers['retry-after']);
      expect(Number.isInteger(seconds)).toBe(true);
      expect(seconds).toBeGreaterThan(0.7 * 86_400);
      expect(seconds).toBeLessThan(1.3 * 86_400);
    }
    broker().clock.advance(DAY);
    expect(await spend({ key, from }, 1)).toEqual([404]);
  });

  test('a server of a day with an accepted link has thirty an hour', async () => {
    const home = await server(broker(), 'Settled');
    await acceptedLink(broker(), home, await account(broker(), 'settled'));
    broker().clock.advance(DAY);
    const call = { key: home.key, from: elsewhere() };
    expect(await spend(call, 31)).toEqual([...Array<number>(30).fill(404), 429]);
    broker().clock.advance(HOUR);
    expect(await spend(call, 1)).toEqual([404]);
  });

  test('a server of a day without an accepted link still has ten', async () => {
    const { key } = await server(broker(), 'Lonely');
    broker().clock.advance(DAY);
    expect(await spend({ key, from: elsewhere() }, 11)).toEqual([...Array<number>(10).fill(404), 429]);
  });

  test('a network has sixty an hour over all its servers', async () => {
    const from = elsewhere();
    for (let at = 0; at < 6; at += 1) {
      const { key } = await server(broker(), `Row ${at}`);
      expect(await spend({ key, from }, 10)).toEqual(Array<number>(10).fill(404));
    }
    const { key } = await server(broker(), 'One more');
    expect(await spend({ key, from }, 1)).toEqual([429]);
    expect(await spend({ key, from: elsewhere() }, 1)).toEqual([404]);
  });

  test('a refused question is not counted, a device’s look at itself neither', async () => {
    const token = await device(broker(), await account(broker(), 'looking'));
    expect(await spend({ token, from: elsewhere() }, 70)).toEqual(Array<number>(70).fill(404));
    expect((await look(broker(), { token })).status).toBe(200);
  });
});

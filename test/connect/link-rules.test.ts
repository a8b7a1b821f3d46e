import { describe, expect, test } from '@jest/globals';
import { LinksService } from '../../src/features/links/index.js';
import { DAY, HOUR } from '../../src/shared/clock.js';
import { eachBroker, type TestBroker } from '../support/broker.js';
import type { Fields } from '../simulator/forms.js';
import { ask, type Answer } from './ask.js';
import { acceptedLink, account, device, disable, hex, server, waitingLink, type CastServer } from './cast.js';

function request(broker: TestBroker, { id, key }: CastServer, fields: Fields): Promise<Answer> {
  const raw = { serverId: id, userType: 'Linked', accessToken: hex(), ...fields };
  return ask(broker, 'POST', 'ServerAuthorizations', { key, raw });
}

const rows = (broker: TestBroker, { id, key }: CastServer): Promise<Answer> =>
  ask(broker, 'GET', 'ServerAuthorizations', { key, query: { serverId: id } });
const entries = (broker: TestBroker, token: string, query: Fields = {}): Promise<Answer> =>
  ask(broker, 'GET', 'servers', { token, query });
const accept = (broker: TestBroker, token: string, serverId: string): Promise<Answer> =>
  ask(broker, 'GET', 'ServerAuthorizations/accept', { token, query: { serverId } });

eachBroker('two servers with one SystemId (S-72)', {}, (broker) => {
  test.each([
    ['the same', (id: string) => id],
    ['the same in capitals', (id: string) => id.toUpperCase()],
  ])('may both be registered; of a person’s links only one can be accepted: %s', async (_, twinOf) => {
    const real = await server(broker(), 'Real');
    const squatter = await server(broker(), 'Squatter', { systemId: twinOf(real.systemId) });
    const person = await account(broker(), `twins-${hex().slice(0, 6)}`);
    const token = await device(broker(), person);
    await acceptedLink(broker(), real, person);
    await waitingLink(broker(), squatter, person);
    const { status, object } = await accept(broker(), token, squatter.id);
    expect(status).toBe(409);
    expect(object).toEqual({ message: expect.stringContaining('system id') });
    expect((await entries(broker(), token)).list).toMatchObject([{ Id: real.id }]);
    // The waiting one is still there to be answered: once the old one is left, it can be accepted.
    await ask(broker(), 'DELETE', 'serverAuthorizations', { token, query: { serverId: real.id } });
    expect((await accept(broker(), token, squatter.id)).status).toBe(200);
    expect((await entries(broker(), token)).list).toMatchObject([{ Id: squatter.id }]);
  });

  test('cannot come about by changing the SystemId of an accepted one', async () => {
    const [real, other] = [await server(broker(), 'Victim'), await server(broker(), 'Copycat')];
    const person = await account(broker(), 'copied');
    const token = await device(broker(), person);
    await acceptedLink(broker(), real, person);
    await acceptedLink(broker(), other, person);
    const raw = { name: 'Copycat', url: other.url, systemId: real.systemId };
    expect((await ask(broker(), 'POST', `Servers?id=${other.id}`, { key: other.key, raw })).status).toBe(200);
    expect((await entries(broker(), token)).list).toMatchObject([{ Id: real.id }]);
    expect((await accept(broker(), token, other.id)).status).toBe(409);
  });

  test('cannot come about by changing the SystemId in the moment of acceptance', async () => {
    const person = await account(broker(), 'hurried');
    const token = await device(broker(), person);
    const real = await server(broker(), 'Hurried');
    await acceptedLink(broker(), real, person);
    for (let round = 0; round < 8; round += 1) {
      const other = await server(broker(), `Hurried ${round}`);
      await waitingLink(broker(), other, person);
      const raw = { name: other.name, url: other.url, systemId: real.systemId };
      const change = () => ask(broker(), 'POST', `Servers?id=${other.id}`, { key: other.key, raw });
      const answers = await Promise.all([accept(broker(), token, other.id), change()]);
      expect([[200, 409].includes(answers[0].status), answers[1].status]).toEqual([true, 200]);
      expect((await entries(broker(), token)).list).toMatchObject([{ Id: real.id }]);
    }
  });

  test('are nobody’s trouble when they are linked to different people', async () => {
    const systemId = hex();
    for (const name of ['first', 'second']) {
      const home = await server(broker(), name, { systemId });
      await acceptedLink(broker(), home, await account(broker(), `of-the-${name}`));
    }
  });
});

eachBroker('a link that waits', {}, (broker) => {
  test('is gone from every list after thirty days, to the moment', async () => {
    const [home, person] = [await server(broker(), 'Lapsing'), await account(broker(), 'lapsing')];
    await waitingLink(broker(), home, person);
    broker().clock.advance(30 * DAY - 1);
    // A token of today, since one of then would be idle at some point of this test.
    const token = await device(broker(), person);
    expect((await rows(broker(), home)).list).toHaveLength(1);
    expect((await entries(broker(), token, { status: 'Waiting' })).list).toHaveLength(1);
    broker().clock.advance(1);
    expect((await rows(broker(), home)).text).toBe('[]');
    expect((await entries(broker(), token, { status: 'Waiting' })).text).toBe('[]');
    expect((await accept(broker(), token, home.id)).status).toBe(404);
    // And can be asked for anew, with a key of its own.
    expect((await request(broker(), home, { userId: person.id })).object).toMatchObject({
      AcceptStatus: 'Waiting',
    });
  });

  test('that is asked for again has thirty days again', async () => {
    const [home, person] = [await server(broker(), 'Renewed'), await account(broker(), 'renewed')];
    await waitingLink(broker(), home, person);
    broker().clock.advance(29 * DAY);
    await waitingLink(broker(), home, person);
    broker().clock.advance(29 * DAY);
    expect((await rows(broker(), home)).list).toHaveLength(1);
  });

  test('does not lapse once it is accepted', async () => {
    const [home, person] = [await server(broker(), 'Lasting'), await account(broker(), 'lasting')];
    await acceptedLink(broker(), home, person, 'guest');
    broker().clock.advance(400 * DAY);
    await broker().app.get(LinksService).endLapsed();
    expect((await rows(broker(), home)).list).toMatchObject([{ AcceptStatus: 'Accepted' }]);
  });
});

eachBroker('an account that is disabled', {}, (broker) => {
  test('stays in the server’s list, as inactive: it may come back', async () => {
    const [home, person] = [await server(broker(), 'Loyal'), await account(broker(), 'suspended')];
    const key = await acceptedLink(broker(), home, person, 'guest');
    const token = await device(broker(), person);
    await disable(broker(), person.id);
    expect((await rows(broker(), home)).list).toMatchObject([
      { UserId: person.id, IsActive: false, AcceptStatus: 'Accepted', AccessToken: key },
    ]);
    expect((await entries(broker(), token)).status).toBe(401);
  });
});

eachBroker('the mail about a link', { LIMIT_LINK_MAILS_PER_ACCOUNT_DAY: '3' }, (broker) => {
  test('names the server, its host and, only if it is true, who invites', async () => {
    const home = await server(broker(), 'Summer house', { url: 'https://summer.example.org:8920' });
    const admin = await account(broker(), 'True-admin');
    await acceptedLink(broker(), home, admin);
    await waitingLink(broker(), home, await account(broker(), 'Half-admin'));
    const mailed = async (userName: string, requesterUserName?: string): Promise<string> => {
      const guest = await account(broker(), userName);
      const requester = requesterUserName === undefined ? {} : { requesterUserName };
      const { status } = await request(broker(), home, { userId: guest.id, userType: 'Guest', ...requester });
      expect(status).toBe(200);
      return (await broker().mailbox.last(guest.email)).text.normalize('NFKC');
    };
    const shown = await mailed('guest-1', 'true-admin');
    expect(shown).toContain('Summer house');
    expect(shown).toContain('summer.example.org');
    expect(shown).toContain('True-admin');
    for (const [at, claimed] of ['Half-admin', 'Nobody-at-all', undefined].entries()) {
      const text = await mailed(`guest-${at + 2}`, claimed);
      expect(text).not.toMatch(/-admin|Nobody/i);
    }
  });

  test('does not come for a requester that is no user name: such a request is refused', async () => {
    const [home, person] = [await server(broker(), 'Fake'), await account(broker(), 'faked')];
    for (const requesterUserName of ['a b', 'Support <help@example.org>', 'http://evil.example']) {
      const form = { userId: person.id, userType: 'Guest', accessToken: hex(), requesterUserName };
      const answer = await ask(broker(), 'POST', 'ServerAuthorizations', { key: home.key, form });
      expect(answer.status).toBe(400);
    }
    expect(await broker().mailbox.to(person.email)).toEqual([]);
  });

  test('comes once for a link that is asked for again and again', async () => {
    const [home, person] = [await server(broker(), 'Insistent'), await account(broker(), 'asked-often')];
    for (let count = 0; count < 3; count += 1) await waitingLink(broker(), home, person);
    expect(await broker().mailbox.to(person.email)).toHaveLength(1);
  });

  test('comes a few times a day at most; further links wait without', async () => {
    const person = await account(broker(), 'popular');
    for (let count = 0; count < 5; count += 1) {
      await waitingLink(broker(), await server(broker(), `Suitor ${count}`), person);
    }
    expect(await broker().mailbox.to(person.email)).toHaveLength(3);
    const token = await device(broker(), person);
    expect((await entries(broker(), token, { status: 'Waiting' })).list).toHaveLength(5);
    broker().clock.advance(DAY + HOUR);
    await waitingLink(broker(), await server(broker(), 'Suitor 6'), person);
    expect(await broker().mailbox.to(person.email)).toHaveLength(4);
  });
});

describe('too many links', () => {
  const settings = { LIMIT_LINKS_PER_SERVER: '3', LIMIT_SERVERS_PER_ACCOUNT: '2' };
  eachBroker('of a server or an account', settings, (broker) => {
    test('are refused with 409 at the first that is too many, and asking again for one is not', async () => {
      const home = await server(broker(), 'Full');
      const guests = await Promise.all([1, 2, 3, 4].map((at) => account(broker(), `full-${at}`)));
      const [first, , , last] = guests;
      const statuses: number[] = [];
      for (const { id } of guests) statuses.push((await request(broker(), home, { userId: id })).status);
      expect(statuses).toEqual([200, 200, 200, 409]);
      expect((await request(broker(), home, { userId: first!.id })).status).toBe(200);
      expect((await rows(broker(), home)).list).toHaveLength(3);
      await ask(broker(), 'DELETE', 'ServerAuthorizations', { key: home.key, raw: { userId: first!.id } });
      expect((await request(broker(), home, { userId: last!.id })).status).toBe(200);
    });

    test('of an account are refused likewise', async () => {
      const person = await account(broker(), 'collector');
      const statuses: number[] = [];
      for (const name of ['one', 'two', 'three']) {
        const home = await server(broker(), name);
        statuses.push((await request(broker(), home, { userId: person.id })).status);
      }
      expect(statuses).toEqual([200, 200, 409]);
    });

    test('at once do not slip through side by side', async () => {
      const home = await server(broker(), 'Rush');
      const guests = await Promise.all(Array.from({ length: 8 }, (_, at) => account(broker(), `rush-${at}`)));
      const answers = await Promise.all(guests.map(({ id }) => request(broker(), home, { userId: id })));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 409, 409, 409, 409, 409]);
      expect((await rows(broker(), home)).list).toHaveLength(3);
    });

    test('are counted without those that have lapsed', async () => {
      const home = await server(broker(), 'Lapsed');
      for (const at of [1, 2, 3]) await waitingLink(broker(), home, await account(broker(), `lapsed-${at}`));
      const person = await account(broker(), 'lapsed-4');
      for (const at of [1, 2]) await waitingLink(broker(), await server(broker(), `Lapsed ${at}`), person);
      broker().clock.advance(30 * DAY);
      expect((await request(broker(), home, { userId: person.id })).status).toBe(200);
    });
  });
});

eachBroker('the keys that a server gave before (S-52)', {}, (broker) => {
  test('are refused for every other link, also after they were replaced; the same request again is fine', async () => {
    const from = await server(broker(), 'Keys');
    const [first, second] = [await account(broker(), 'keys-1'), await account(broker(), 'keys-2')];
    const [oldKey, newKey] = [hex(), hex()];
    const ask1 = (accessToken: string): Promise<Answer> =>
      request(broker(), from, { userId: first.id, accessToken });
    expect((await ask1(oldKey)).status).toBe(200);
    expect((await ask1(oldKey)).status).toBe(200);
    expect((await ask1(newKey)).status).toBe(200);
    for (const accessToken of [oldKey, newKey, oldKey.toUpperCase()]) {
      expect((await request(broker(), from, { userId: second.id, accessToken })).status).toBe(409);
    }
    expect((await ask1(oldKey)).status).toBe(409);
    expect((await rows(broker(), from)).list).toMatchObject([{ UserId: first.id, AccessToken: newKey }]);
  });
});

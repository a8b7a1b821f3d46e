import { expect, test } from '@jest/globals';
import { LinksService } from '../../src/features/links/index.js';
import { eachBroker, type TestBroker } from '../support/broker.js';
import type { Fields } from '../simulator/forms.js';
import { ask, type Answer, type Call } from './ask.js';
import {
  acceptedLink,
  account,
  device,
  disable,
  hex,
  server,
  unverified,
  waitingLink,
  type CastServer,
} from './cast.js';

const TEXT = expect.any(String);

/** E11 as a media server sends it. */
function request(broker: TestBroker, { id, key }: CastServer, fields: Fields): Promise<Answer> {
  const raw = { serverId: id, userType: 'Linked', accessToken: hex(), ...fields };
  return ask(broker, 'POST', 'ServerAuthorizations', { key, raw });
}

const rows = (broker: TestBroker, { id, key }: CastServer): Promise<Answer> =>
  ask(broker, 'GET', 'ServerAuthorizations', { key, query: { serverId: id } });
const entries = (broker: TestBroker, token: string, query: Fields = {}): Promise<Answer> =>
  ask(broker, 'GET', 'servers', { token, query });
const invitations = (broker: TestBroker, token: string): Promise<Answer> =>
  entries(broker, token, { status: 'Waiting' });
const accept = (broker: TestBroker, token: string, query: Fields): Promise<Answer> =>
  ask(broker, 'GET', 'ServerAuthorizations/accept', { token, query });
const end = (broker: TestBroker, call: Call): Promise<Answer> =>
  ask(broker, 'DELETE', 'ServerAuthorizations', call);

eachBroker('a link', {}, (broker) => {
  test('asked for by E11 is answered and listed (E12) as the same full object, waiting', async () => {
    const [home, person] = [await server(broker(), 'Golden'), await account(broker(), 'Goldie')];
    const accessToken = hex().toUpperCase();
    const answer = await request(broker(), home, { userId: person.id, accessToken });
    const golden = {
      Id: expect.stringMatching(/^[0-9a-f]{32}$/),
      ServerId: home.id,
      UserId: person.id,
      AccessToken: accessToken,
      DateCreated: new Date(broker().clock.now()).toISOString(),
      IsActive: true,
      AcceptStatus: 'Waiting',
      UserType: 'Linked',
      UserImageUrl: '',
      UserName: 'Goldie',
    };
    expect([answer.status, answer.object]).toEqual([200, golden]);
    expect(await rows(broker(), home)).toMatchObject({ status: 200 });
    expect((await rows(broker(), home)).list).toEqual([answer.object]);
  });

  test('once accepted is listed for the device with eight text fields (E4), and before with blanks (E5)', async () => {
    const fields = { url: 'http://203.0.113.5:8096', localAddress: 'http://192.168.1.5:8096' };
    const [home, person] = [await server(broker(), 'Shown', fields), await account(broker(), 'viewer')];
    const token = await device(broker(), person);
    const key = await waitingLink(broker(), home, person, 'guest');
    const blank = {
      Id: home.id,
      Url: '',
      Name: 'Shown',
      SystemId: '',
      AccessKey: '',
      LocalAddress: '',
      UserType: 'Guest',
      SupporterKey: '',
    };
    expect((await invitations(broker(), token)).list).toEqual([blank]);
    expect((await entries(broker(), token)).text).toBe('[]');
    expect(await accept(broker(), token, { serverId: home.id, userId: person.id })).toMatchObject({
      status: 200,
      text: '{}',
    });
    const whole = {
      ...blank,
      Url: fields.url,
      SystemId: home.systemId,
      AccessKey: key,
      LocalAddress: fields.localAddress,
    };
    expect((await entries(broker(), token, { userId: person.id })).list).toEqual([whole]);
    expect((await invitations(broker(), token)).text).toBe('[]');
  });

  test('shows its key and addresses to no device before the person said yes', async () => {
    const fields = { url: 'http://203.0.113.66:8096', localAddress: 'http://192.168.66.6:8096' };
    const [home, person] = [await server(broker(), 'Hidden', fields), await account(broker(), 'waiter')];
    const token = await device(broker(), person);
    const key = await waitingLink(broker(), home, person);
    const statuses = ['', 'Waiting', 'waiting', 'WAITING', 'Accepted', 'all', '*', 'waiting '];
    for (const status of statuses) {
      const { text } = await entries(broker(), token, { status, userId: person.id });
      for (const secret of [key, '203.0.113.66', '192.168.66.6', home.systemId]) {
        expect(text.toLowerCase()).not.toContain(secret);
      }
    }
    expect((await entries(broker(), token, { status: 'Accepted' })).list).toEqual([]);
    const mails = await broker().mailbox.to(person.email);
    expect(JSON.stringify(mails)).not.toContain(key);
  });

  test.each([
    ['Linked', 'Linked'],
    ['Guest', 'Guest'],
    ['guest', 'Guest'],
    ['LINKED', 'Linked'],
  ])('of kind %s is kept as %s and starts waiting whatever else the server sends', async (userType, kept) => {
    const home = await server(broker(), 'Kinds');
    const person = await account(broker(), `kind-${userType}-${hex().slice(0, 6)}`);
    const more = { AcceptStatus: 'Accepted', IsActive: 'true' };
    const form = { serverId: home.id, userId: person.id, userType, accessToken: hex(), ...more };
    const { object } = await ask(broker(), 'POST', 'ServerAuthorizations', { key: home.key, form });
    expect(object).toMatchObject({ UserType: kept, AcceptStatus: 'Waiting' });
  });

  test('asked for again keeps its id and state and takes the new key and kind', async () => {
    const [home, person] = [await server(broker(), 'Again'), await account(broker(), 'again')];
    const first = await request(broker(), home, { userId: person.id });
    const accessToken = hex();
    const second = await request(broker(), home, { userId: person.id, accessToken, userType: 'Guest' });
    expect(second.object).toEqual({ ...first.object, AccessToken: accessToken, UserType: 'Guest' });
    const token = await device(broker(), person);
    await accept(broker(), token, { serverId: home.id });
    const third = await request(broker(), home, { userId: person.id, accessToken: hex(), userType: 'Guest' });
    expect(third.object).toMatchObject({ Id: first.object['Id'], AcceptStatus: 'Accepted' });
    expect((await entries(broker(), token)).list).toMatchObject([{ AccessKey: third.object['AccessToken'] }]);
    expect((await rows(broker(), home)).list).toEqual([third.object]);
  });

  test('asked for with the same key again is the same link', async () => {
    const [home, person] = [await server(broker(), 'Repeat'), await account(broker(), 'repeat')];
    const accessToken = hex();
    const first = await request(broker(), home, { userId: person.id, accessToken });
    const second = await request(broker(), home, { userId: person.id, accessToken });
    expect([second.status, second.object]).toEqual([200, first.object]);
  });

  test('that was ended starts anew: another id, waiting', async () => {
    const [home, person] = [await server(broker(), 'Anew'), await account(broker(), 'anew')];
    const first = await request(broker(), home, { userId: person.id });
    const token = await device(broker(), person);
    await accept(broker(), token, { serverId: home.id });
    await end(broker(), { key: home.key, raw: { serverId: home.id, userId: person.id } });
    const second = await request(broker(), home, { userId: person.id });
    expect(second.object['AcceptStatus']).toBe('Waiting');
    expect(second.object['Id']).not.toBe(first.object['Id']);
    expect((await entries(broker(), token)).list).toEqual([]);
  });

  test('asked for twenty times at once is one link', async () => {
    const [home, person] = [await server(broker(), 'Crowd'), await account(broker(), 'crowd')];
    const asked = Array.from({ length: 20 }, () => request(broker(), home, { userId: person.id }));
    const answers = await Promise.all(asked);
    expect(new Set(answers.map(({ status, object }) => `${status} ${String(object['Id'])}`)).size).toBe(1);
    expect((await rows(broker(), home)).list).toHaveLength(1);
  });
});

eachBroker('E11 refuses', {}, (broker) => {
  test.each([
    ['of 31 characters', 'a'.repeat(31)],
    ['of 129 characters', 'a'.repeat(129)],
    ['with a blank', `${'a'.repeat(31)} `],
    ['with an underscore', `${'a'.repeat(31)}_`],
    ['with a percent sign', `${'a'.repeat(32)}%`],
    ['with a letter of another script', `${'a'.repeat(32)}а`],
    ['with a line break', `${'a'.repeat(32)}\n`],
    ['that is missing', ''],
  ])('a key %s', async (_, accessToken) => {
    const [home, person] = [await server(broker(), 'Keys'), await account(broker(), `k${hex().slice(0, 9)}`)];
    const json = { userId: person.id, userType: 'Linked', accessToken };
    const { status, object } = await ask(broker(), 'POST', 'ServerAuthorizations', { key: home.key, json });
    expect([status, object]).toEqual([400, { message: expect.stringMatching(/^accessToken: /) }]);
    expect((await rows(broker(), home)).list).toEqual([]);
  });

  test('no key of 32 or 128 characters, and returns it as it was sent', async () => {
    const [home, person] = [await server(broker(), 'Sizes'), await account(broker(), 'sizes')];
    const start = hex().toUpperCase();
    for (const accessToken of [
      start,
      start.padEnd(128, 'aB-9'),
      `${hex().slice(0, 16)}-${hex().toUpperCase()}`,
    ]) {
      const { object } = await request(broker(), home, { userId: person.id, accessToken });
      expect(object['AccessToken']).toBe(accessToken);
    }
  });

  test('a key that this server gave for somebody else, in any letter case, also after that link ended', async () => {
    const home = await server(broker(), 'Reuse');
    const [anna, bert] = [await account(broker(), 'reuse-a'), await account(broker(), 'reuse-b')];
    const key = await acceptedLink(broker(), home, anna);
    const again = (accessToken: string): Promise<Answer> =>
      request(broker(), home, { userId: bert.id, accessToken });
    expect(await again(key)).toMatchObject({ status: 409, object: { message: TEXT } });
    expect((await again(key.toUpperCase())).status).toBe(409);
    await end(broker(), { key: home.key, raw: { userId: anna.id } });
    expect((await again(key)).status).toBe(409);
    expect((await rows(broker(), home)).list).toEqual([]);
    // Another server may come to the same one by chance or malice: keys are counted per server.
    const other = await server(broker(), 'Reuse elsewhere');
    expect((await request(broker(), other, { userId: bert.id, accessToken: key })).status).toBe(200);
  });

  test('an unknown user with 404, an unconfirmed or disabled one with 409', async () => {
    const home = await server(broker(), 'Users');
    const off = await account(broker(), 'off');
    await disable(broker(), off.id);
    const tries: [string, number][] = [
      ['1', 404],
      ['nonsense', 404],
      ['off', 404],
      [(await unverified(broker(), 'unborn')).id, 409],
      [off.id, 409],
    ];
    for (const [userId, status] of tries) {
      expect(await request(broker(), home, { userId })).toMatchObject({ status, object: { message: TEXT } });
    }
    expect((await request(broker(), home, { userId: '' })).status).toBe(400);
    expect((await rows(broker(), home)).list).toEqual([]);
  });

  test('a server that the person has blocked with 403', async () => {
    const [home, person] = [await server(broker(), 'Pushy'), await account(broker(), 'blocker')];
    await waitingLink(broker(), home, person);
    await broker().app.get(LinksService).block(person.id, home.id);
    expect((await rows(broker(), home)).list).toEqual([]);
    expect(await request(broker(), home, { userId: person.id })).toMatchObject({
      status: 403,
      object: { message: TEXT },
    });
  });

  test.each(['', 'Admin', 'Linked,Guest', '1'])('the kind %j', async (userType) => {
    const [home, person] = [await server(broker(), 'Kind'), await account(broker(), `t${hex().slice(0, 9)}`)];
    const { status, object } = await request(broker(), home, { userId: person.id, userType });
    expect([status, object]).toEqual([400, { message: expect.stringMatching(/^userType: /) }]);
  });

  test('the id of another server with 403, and takes no id for its own', async () => {
    const [home, other] = [await server(broker(), 'Own'), await server(broker(), 'Foreign')];
    const person = await account(broker(), 'foreign');
    const fields = { userId: person.id, serverId: other.id };
    expect(await request(broker(), home, fields)).toMatchObject({ status: 403, object: { message: TEXT } });
    expect((await rows(broker(), other)).list).toEqual([]);
    const json = { userId: person.id, userType: 'Guest', accessToken: hex() };
    const own = await ask(broker(), 'POST', 'ServerAuthorizations', { key: home.key, json });
    expect(own.object).toMatchObject({ ServerId: home.id });
  });

  test('a missing, wrong or foreign credential with 401', async () => {
    const [home, person] = [await server(broker(), 'Locked'), await account(broker(), 'locked')];
    const token = await device(broker(), person);
    const fields = { serverId: home.id, userId: person.id, userType: 'Linked', accessToken: hex() };
    for (const call of [{}, { key: hex() + hex() }, { key: 'CONNECT-REGISTER' }, { token }, { key: token }]) {
      const answer = await ask(broker(), 'POST', 'ServerAuthorizations', { ...call, raw: fields });
      expect(answer).toMatchObject({ status: 401, object: { message: TEXT } });
    }
  });
});

eachBroker('an answer to a link (E14, E15)', {}, (broker) => {
  test('is taken once or many times, by server id or by link id', async () => {
    const [home, person] = [await server(broker(), 'Yes'), await account(broker(), 'yes')];
    const { object } = await request(broker(), home, { userId: person.id });
    const token = await device(broker(), person);
    for (const query of [{ id: String(object['Id']) }, { serverId: home.id }, { serverId: home.id }]) {
      expect((await accept(broker(), token, query)).status).toBe(200);
    }
    expect((await entries(broker(), token)).list).toHaveLength(1);
    expect((await rows(broker(), home)).list).toMatchObject([{ AcceptStatus: 'Accepted' }]);
    expect((await accept(broker(), token, {})).status).toBe(400);
  });

  test('is nobody else’s to give', async () => {
    const [home, person] = [await server(broker(), 'Private'), await account(broker(), 'private-p')];
    const { object } = await request(broker(), home, { userId: person.id });
    const other = await device(broker(), await account(broker(), 'nosy'));
    const [serverId, userId] = [home.id, person.id];
    expect((await accept(broker(), other, { serverId })).status).toBe(404);
    expect((await accept(broker(), other, { id: String(object['Id']) })).status).toBe(404);
    expect((await accept(broker(), other, { serverId, userId })).status).toBe(403);
    expect((await end(broker(), { token: other, query: { serverId } })).status).toBe(404);
    expect((await end(broker(), { token: other, query: { serverId, userId } })).status).toBe(403);
    const asServer = { key: home.key, query: { serverId, userId } };
    expect((await ask(broker(), 'GET', 'ServerAuthorizations/accept', asServer)).status).toBe(401);
    expect((await entries(broker(), other, { userId })).status).toBe(403);
    expect((await rows(broker(), home)).list).toEqual([object]);
  });

  test('of no link is 404: never asked, withdrawn, rejected', async () => {
    const [home, person] = [await server(broker(), 'None'), await account(broker(), 'none-p')];
    const token = await device(broker(), person);
    const query = { serverId: home.id, userId: person.id };
    const absent = async (): Promise<void> => {
      expect(await accept(broker(), token, query)).toMatchObject({ status: 404, object: { message: TEXT } });
      expect((await end(broker(), { token, query })).status).toBe(404);
      expect((await end(broker(), { key: home.key, raw: query })).status).toBe(404);
    };
    await absent();
    await waitingLink(broker(), home, person);
    expect(await end(broker(), { key: home.key, raw: query })).toMatchObject({ status: 200, text: '{}' });
    await absent();
    await waitingLink(broker(), home, person);
    expect(await end(broker(), { token, query })).toMatchObject({ status: 200, text: '{}' });
    await absent();
    expect((await rows(broker(), home)).text).toBe('[]');
  });

  test('ends a link at once for both sides, whoever ends it', async () => {
    const person = await account(broker(), 'both');
    const token = await device(broker(), person);
    for (const side of ['device', 'server']) {
      const home = await server(broker(), `Ended by ${side}`);
      await acceptedLink(broker(), home, person);
      const ids = { serverId: home.id, userId: person.id };
      const call = side === 'device' ? { token, query: ids } : { key: home.key, raw: ids };
      expect((await end(broker(), call)).status).toBe(200);
      expect((await entries(broker(), token)).list).toEqual([]);
      expect((await rows(broker(), home)).list).toEqual([]);
    }
  });

  test('a server ends its own links alone', async () => {
    const [home, other] = [await server(broker(), 'Ours'), await server(broker(), 'Yours')];
    const person = await account(broker(), 'ours');
    await acceptedLink(broker(), home, person);
    const ids = { serverId: home.id, userId: person.id };
    expect((await end(broker(), { key: other.key, raw: ids })).status).toBe(403);
    expect((await end(broker(), { key: other.key, raw: { userId: person.id } })).status).toBe(404);
    expect((await end(broker(), { key: hex() + hex(), raw: ids })).status).toBe(401);
    expect((await end(broker(), { raw: ids })).status).toBe(401);
    expect((await rows(broker(), home)).list).toHaveLength(1);
  });

  test('a device ends its link also beside the literal that browser apps send for a key', async () => {
    const [home, person] = [await server(broker(), 'Browser'), await account(broker(), 'browser')];
    await acceptedLink(broker(), home, person);
    const token = await device(broker(), person);
    const call = { token, key: 'CONNECT-GETUSER', query: { serverId: home.id } };
    expect((await end(broker(), call)).status).toBe(200);
  });
});

import { describe, expect, test } from '@jest/globals';
import { HOUR } from '../../src/shared/clock.js';
import { ServersService } from '../../src/features/servers/index.js';
import type { ServerId } from '../../src/shared/ids.js';
import { eachBroker, TestBroker } from '../support/broker.js';
import type { Fields } from '../simulator/forms.js';
import { ask, type Answer, type Call } from './ask.js';
import { acceptedLink, account, device, hex, server, waitingLink } from './cast.js';

const NAME = 'Tom & Jerry 100%+ =ok 🎬';
const FIELDS = { name: NAME, url: 'https://media.example.org:8920', systemId: 'abc123' };
const TEXT = expect.any(String);

function register(broker: TestBroker, raw: Fields): Promise<Answer> {
  return ask(broker, 'POST', 'Servers', { raw });
}

function update(broker: TestBroker, id: string, call: Call): Promise<Answer> {
  return ask(broker, 'POST', `Servers?id=${encodeURIComponent(id)}`, { raw: FIELDS, ...call });
}

const find = (broker: TestBroker, id: string) => broker.app.get(ServersService).find(id as ServerId);

eachBroker('E1', {}, (broker) => {
  test('is the bare address of the caller', async () => {
    const { status, text, headers } = await ask(broker(), 'GET', 'ip');
    expect([status, text]).toEqual([200, '127.0.0.1']);
    expect(headers['content-type']).toMatch(/^text\/plain/);
  });

  test('believes no X-Forwarded-For of a stranger', async () => {
    expect((await ask(broker(), 'GET', 'ip', { from: '192.0.2.1' })).text).toBe('127.0.0.1');
  });
});

test('E1 behind a trusted proxy is the right-most address that is no proxy', async () => {
  const broker = await TestBroker.start({ TRUST_PROXY: '127.0.0.0/8' });
  try {
    const seen = async (from: string): Promise<string> => (await ask(broker, 'GET', 'ip', { from })).text;
    expect(await seen('192.0.2.1')).toBe('192.0.2.1');
    expect(await seen('203.0.113.9, 192.0.2.1, 127.0.0.2')).toBe('192.0.2.1');
    expect(await seen('2001:DB8:0:0::1')).toBe('2001:db8::1');
    expect(await seen('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(await seen('nonsense')).toBe('127.0.0.1');
    const headers = { 'X-Real-IP': '192.0.2.5', Forwarded: 'for=192.0.2.6', 'CF-Connecting-IP': '192.0.2.7' };
    expect((await ask(broker, 'GET', 'ip', { headers })).text).toBe('127.0.0.1');
  } finally {
    await broker.remove();
  }
});

eachBroker('registering (E2)', {}, (broker) => {
  test('answers id, address, name and a key, exactly', async () => {
    const { status, object } = await register(broker(), FIELDS);
    expect([status, object]).toEqual([
      200,
      {
        Id: expect.stringMatching(/^[0-9a-f]{32}$/),
        Url: 'https://media.example.org:8920',
        Name: NAME,
        AccessKey: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
  });

  test('keeps apart many that register at once', async () => {
    const names = Array.from({ length: 40 }, (_, n) => `Server ${n}`);
    const answers = await Promise.all(names.map((name) => register(broker(), { ...FIELDS, name })));
    const kept = answers.map(async (answer) => {
      const [id, key] = [answer.field('Id'), answer.field('AccessKey')];
      const { status } = await ask(broker(), 'GET', 'ServerAuthorizations', {
        key,
        query: { serverId: id },
      });
      return [status, (await find(broker(), id))?.name];
    });
    expect(await Promise.all(kept)).toEqual(names.map((name) => [200, name]));
  });

  test('keeps the name byte for byte on its way through every list', async () => {
    const answer = await register(broker(), FIELDS);
    const [id, key] = [answer.field('Id'), answer.field('AccessKey')];
    const person = await account(broker(), 'bytes');
    const home = { ...(await find(broker(), id))!, key };
    await waitingLink(broker(), home, person);
    const token = await device(broker(), person);
    const waiting = await ask(broker(), 'GET', 'servers', { token, query: { status: 'Waiting' } });
    expect(waiting.list).toMatchObject([{ Name: NAME }]);
    await ask(broker(), 'GET', 'ServerAuthorizations/accept', { token, query: { serverId: id } });
    expect((await ask(broker(), 'GET', 'servers', { token })).list).toMatchObject([{ Name: NAME }]);
  });

  test('is always a new registration, whatever systemId, key or id of another comes along', async () => {
    const first = await register(broker(), FIELDS);
    const key = first.field('AccessKey');
    const again = await ask(broker(), 'POST', 'servers', { raw: FIELDS, key });
    const inBody = await ask(broker(), 'POST', 'servers', { form: { ...FIELDS, id: first.field('Id') } });
    const ids = [first, again, inBody].map((answer) => answer.field('Id'));
    const keys = [first, again, inBody].map((answer) => answer.field('AccessKey'));
    expect([new Set(ids).size, new Set(keys).size]).toEqual([3, 3]);
    expect((await update(broker(), first.field('Id'), { key })).status).toBe(200);
  });

  test('takes no local address, an empty one, and the spelling systemid of old servers', async () => {
    const { systemId, ...rest } = FIELDS;
    for (const raw of [FIELDS, { ...FIELDS, localAddress: '' }, { ...rest, systemid: systemId }]) {
      const answer = await register(broker(), raw);
      expect(await find(broker(), answer.field('Id'))).toMatchObject({ systemId, localAddress: '' });
    }
  });

  test.each([
    ['HTTPS://Media.Example.ORG:8920/', 'https://media.example.org:8920'],
    ['http://media.example.org:80', 'http://media.example.org'],
    ['https://media.example.org:443/emby/', 'https://media.example.org/emby'],
    ['http://[2a02:0DB8:0::1]:8096', 'http://[2a02:db8::1]:8096'],
    ['http://10.1.2.3:8096', 'http://10.1.2.3:8096'],
    ['http://bücher.example', 'http://xn--bcher-kva.example'],
  ])('writes the address %s anew as %s', async (url, written) => {
    expect((await register(broker(), { ...FIELDS, url })).object).toMatchObject({ Url: written });
  });

  const bad: readonly [field: string, given: Fields][] = [
    ['name', { name: '' }],
    ['name', { name: '   ' }],
    ['name', { name: 'a'.repeat(65) }],
    ['name', { name: 'two\r\nlines' }],
    ['name', { name: 'turned\u202e' }],
    ['name', { name: '\u200b' }],
    ['systemId', { systemId: '' }],
    ['systemId', { systemId: 'a'.repeat(65) }],
    ['systemId', { systemId: 'a b' }],
    ['systemId', { systemId: 'ä' }],
    ['url', { url: '' }],
    ['url', { url: 'media.example.org' }],
    ['url', { url: 'ftp://media.example.org' }],
    ['url', { url: 'javascript:alert(1)//a.example' }],
    ['url', { url: 'file:///etc/passwd' }],
    ['url', { url: 'https://user:pw@media.example.org' }],
    ['url', { url: 'https://media.example.org?a=b' }],
    ['url', { url: 'https://media.example.org/#x' }],
    ['url', { url: 'https://media.example.org:0' }],
    ['url', { url: 'https://media.example.org:65536' }],
    ['url', { url: 'https://media' }],
    ['url', { url: 'https://me dia.example.org' }],
    ['url', { url: 'https://media_1.example.org' }],
    ['url', { url: `https://${'a.'.repeat(127)}example.org` }],
    ['url', { url: `https://media.example.org/${'a'.repeat(300)}` }],
    ['url', { url: 'http://0.0.0.0:8096' }],
    ['url', { url: 'http://[::1]:8096' }],
    ['url', { url: 'http://224.0.0.1' }],
    ['url', { url: 'http://169.254.169.254' }],
    ['url', { url: 'http://2852039166' }],
    ['url', { url: 'http://240.0.0.1' }],
    ['url', { url: 'http://[fe80::1]' }],
    ['url', { url: 'http://[::ffff:10.0.0.1]' }],
    ['localAddress', { localAddress: 'http://0.0.0.0:8096' }],
    ['localAddress', { localAddress: 'http://224.0.0.1' }],
    ['localAddress', { localAddress: 'http://[ff02::1]' }],
    ['localAddress', { localAddress: 'gopher://10.0.0.1' }],
  ];
  test.each(bad)('is refused for its %s: %j', async (field, given) => {
    const { status, object } = await ask(broker(), 'POST', 'Servers', { json: { ...FIELDS, ...given } });
    expect(status).toBe(400);
    expect(object).toEqual({ message: expect.stringMatching(new RegExp(`^${field}: `)) });
  });

  test('takes a name of 64 emoji, quotes and a backslash', async () => {
    for (const name of ['🎬'.repeat(64), `"\\'<b>&amp;`]) {
      const json = { ...FIELDS, name };
      expect((await ask(broker(), 'POST', 'Servers', { json })).object).toMatchObject({ Name: name });
    }
  });
});

test('documentation and loopback addresses are refused unless the operator allows them', async () => {
  const broker = await TestBroker.start({ ADDRESS_ALLOW: '' });
  try {
    for (const host of [
      '192.0.2.1',
      '198.51.100.1',
      '203.0.113.1',
      '127.0.0.1',
      'localhost',
      '[2001:db8::1]',
    ]) {
      for (const name of ['url', 'localAddress']) {
        const { status } = await register(broker, { ...FIELDS, [name]: `http://${host}:8096` });
        expect([host, name, status]).toEqual([host, name, 400]);
      }
    }
    const localAddress = 'http://169.254.1.2:8096';
    expect((await register(broker, { ...FIELDS, localAddress })).status).toBe(200);
  } finally {
    await broker.remove();
  }
});

eachBroker('updating (E3)', {}, (broker) => {
  test('takes the new name and addresses, drops the local one that is not repeated, and shows no key', async () => {
    const home = await server(broker(), 'Old', { localAddress: 'http://10.0.0.9:8096' });
    const answer = await update(broker(), home.id, {
      key: home.key,
      raw: { ...FIELDS, systemId: home.systemId },
    });
    expect([answer.status, answer.object]).toEqual([200, { Id: home.id, Url: FIELDS.url, Name: NAME }]);
    expect(await find(broker(), home.id)).toMatchObject({ name: NAME, url: FIELDS.url, localAddress: '' });
  });

  test('reaches the devices at once', async () => {
    const home = await server(broker(), 'Moving');
    const person = await account(broker(), 'mover');
    await acceptedLink(broker(), home, person);
    const token = await device(broker(), person);
    const raw = {
      name: 'Moved',
      url: 'http://198.51.100.7:8096',
      systemId: home.systemId,
      localAddress: 'http://10.0.0.2:8096',
    };
    await update(broker(), home.id, { key: home.key, raw });
    expect((await ask(broker(), 'GET', 'servers', { token })).list).toMatchObject([
      { Name: 'Moved', Url: 'http://198.51.100.7:8096', LocalAddress: 'http://10.0.0.2:8096' },
    ]);
  });

  test('of an unknown id is 404, whatever the key', async () => {
    const { key } = await server(broker(), 'Other');
    for (const id of [hex(), 'nothing', hex().toUpperCase(), `${hex()}0`]) {
      for (const call of [{}, { key }, { key: 'CONNECT-REGISTER' }]) {
        expect(await update(broker(), id, call)).toMatchObject({ status: 404, object: { message: TEXT } });
      }
    }
  });

  test('with a missing, wrong or foreign key, or a literal of the clients, is 401 and changes nothing', async () => {
    const home = await server(broker(), 'Mine');
    const other = await server(broker(), 'Theirs');
    const token = await device(broker(), await account(broker(), 'not-a-server'));
    const calls: Call[] = [
      {},
      { key: '' },
      { key: hex() + hex() },
      { key: other.key },
      { key: home.key.toUpperCase() },
      { key: home.key.slice(0, -1) },
      { key: `${home.key}, ${home.key}` },
      { key: 'CONNECT-REGISTER' },
      { key: 'CONNECT-GETUSER' },
      { key: 'connect-register' },
      { token },
      { token: home.key },
    ];
    for (const call of calls) {
      expect(await update(broker(), home.id, call)).toMatchObject({ status: 401, object: { message: TEXT } });
    }
    expect(await find(broker(), home.id)).toMatchObject({ name: 'Mine' });
  });

  test('a stranger learns nothing of what is wrong with the fields', async () => {
    const { id } = await server(broker(), 'Quiet');
    expect((await update(broker(), id, { raw: { name: '' } })).status).toBe(401);
    expect((await update(broker(), hex(), { raw: { name: '' } })).status).toBe(404);
  });

  test('with bad fields is 400, never the 401 or 404 that unregisters, and keeps what was', async () => {
    const home = await server(broker(), 'Kept');
    for (const raw of [
      {},
      { ...FIELDS, url: 'nonsense' },
      { ...FIELDS, name: ' ' },
      { ...FIELDS, systemId: '' },
    ]) {
      expect((await update(broker(), home.id, { key: home.key, raw })).status).toBe(400);
    }
    expect(await find(broker(), home.id)).toMatchObject({ name: 'Kept', url: home.url });
  });

  test('with an empty id is 400: it neither registers nor unregisters', async () => {
    const { key } = await server(broker(), 'Blank');
    const { status, object } = await update(broker(), '', { key });
    expect([status, object]).toEqual([400, { message: 'id: is empty' }]);
    expect((await ask(broker(), 'POST', 'Servers?id=a&ID=b', { raw: FIELDS, key })).status).toBe(400);
  });

  test('with nothing new is 200 as well, over and over', async () => {
    const home = await server(broker(), NAME, { url: FIELDS.url });
    const raw = { ...FIELDS, systemId: home.systemId };
    for (let hour = 0; hour < 3; hour += 1) {
      const { status, object } = await update(broker(), home.id, { key: home.key, raw });
      expect([status, object]).toEqual([200, { Id: home.id, Url: FIELDS.url, Name: NAME }]);
      broker().clock.advance(HOUR / 2);
    }
    expect((await find(broker(), home.id))?.heardAt).toBe(broker().clock.now() - HOUR / 2);
  });
});

eachBroker('a server that changes its systemId', {}, (broker) => {
  const accept = (token: string, serverId: string) =>
    ask(broker(), 'GET', 'ServerAuthorizations/accept', { token, query: { serverId } });

  test('loses its devices until each person says yes again, and keeps its own list (S-72)', async () => {
    const home = await server(broker(), 'Changeling', { url: FIELDS.url });
    const [anna, bert] = [await account(broker(), 'anna'), await account(broker(), 'bert')];
    const key = await acceptedLink(broker(), home, anna, 'guest');
    broker().clock.advance(1);
    await waitingLink(broker(), home, bert);
    const token = await device(broker(), anna);
    const mails = (await broker().mailbox.to(anna.email)).length;
    const raw = { ...FIELDS, systemId: 'another' };
    expect((await update(broker(), home.id, { key: home.key, raw })).status).toBe(200);

    expect((await ask(broker(), 'GET', 'servers', { token })).list).toEqual([]);
    const waiting = await ask(broker(), 'GET', 'servers', { token, query: { status: 'Waiting' } });
    expect(waiting.list).toMatchObject([{ Id: home.id, AccessKey: '', Url: '', SystemId: '' }]);
    const rows = await ask(broker(), 'GET', 'ServerAuthorizations', { key: home.key });
    expect(rows.list).toMatchObject([
      { UserId: anna.id, AcceptStatus: 'Waiting', UserType: 'Guest', AccessToken: key },
      { UserId: bert.id, AcceptStatus: 'Waiting' },
    ]);
    expect(await broker().mailbox.to(anna.email)).toHaveLength(mails + 1);

    expect((await accept(token, home.id)).status).toBe(200);
    expect((await ask(broker(), 'GET', 'servers', { token })).list).toMatchObject([
      { SystemId: 'another', AccessKey: key },
    ]);
  });

  test('never loses the suspended link to the clock: the server would delete the guest', async () => {
    const home = await server(broker(), 'Patient', { url: FIELDS.url });
    await acceptedLink(broker(), home, await account(broker(), 'slow'), 'guest');
    await update(broker(), home.id, { key: home.key, raw: { ...FIELDS, systemId: 'later' } });
    broker().clock.advance(400 * 24 * HOUR);
    expect((await ask(broker(), 'GET', 'ServerAuthorizations', { key: home.key })).list).toHaveLength(1);
  });
});

describe('a burst of updates of one server', () => {
  eachBroker('with different addresses', {}, (broker) => {
    test('ends with one of them, whole', async () => {
      const home = await server(broker(), 'Burst');
      const updates = Array.from({ length: 10 }, (_, at) => {
        const url = `http://10.0.0.${at + 1}:8096`;
        const raw = { name: `Burst ${at + 1}`, url, systemId: home.systemId, localAddress: url };
        return update(broker(), home.id, { key: home.key, raw });
      });
      expect((await Promise.all(updates)).map(({ status }) => status)).toEqual(Array<number>(10).fill(200));
      const { name = '', url, localAddress } = (await find(broker(), home.id)) ?? {};
      const number = name.replace('Burst ', '');
      expect([url, localAddress]).toEqual([`http://10.0.0.${number}:8096`, `http://10.0.0.${number}:8096`]);
    });
  });
});

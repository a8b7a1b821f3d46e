import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import type { Account } from '../../src/features/accounts/index.js';
import { TestBroker } from '../support/broker.js';
import { PASSWORD } from '../support/people.js';
import { escapedForm, netUrlEncode, rawForm, type Fields } from '../simulator/forms.js';
import { ask, type Answer, type Call } from './ask.js';
import { acceptedLink, account, device, hex, server, type CastServer } from './cast.js';

/** One request of an endpoint: what it sends, and what its success looks like, apart from fresh ids. */
interface Scene {
  readonly caller: Call;
  readonly fields: Fields;
  /** Counts in the query alone. */
  readonly inQuery?: Fields;
  readonly check: (answer: Answer) => void | Promise<void>;
}

let broker: TestBroker;
let home: CastServer;
let count = 0;
beforeAll(async () => {
  broker = await TestBroker.start();
  home = await server(broker, 'Home');
});
afterAll(() => broker.remove());

const NAME = 'Tom & Jerry 100%+ =ok 🎬';
const freshName = (): string => `encoded-${(count += 1)}`;
const freshAccount = (): Promise<Account> => account(broker, freshName());

/** Every POST and DELETE of the protocol that has parameters (E2, E3, E7, E9–E11, E13, E14, E16, E18, E19). */
const SCENES: Record<string, [method: string, path: string, make: () => Promise<Scene>]> = {
  'E2 Servers': [
    'POST',
    'Servers',
    () =>
      Promise.resolve({
        caller: {},
        fields: {
          name: NAME,
          url: 'https://a.example.org:8920',
          systemId: 'a',
          localAddress: 'http://10.0.0.1:8096',
        },
        check: ({ object }) =>
          expect(object).toMatchObject({ Name: NAME, Url: 'https://a.example.org:8920' }),
      }),
  ],
  'E3 Servers?id=': [
    'POST',
    'Servers',
    async () => {
      const { id, key } = await server(broker, 'Before');
      return {
        caller: { key },
        inQuery: { id },
        fields: { name: NAME, url: 'https://b.example.org', systemId: 'b' },
        check: ({ object }) => expect(object).toEqual({ Id: id, Name: NAME, Url: 'https://b.example.org' }),
      };
    },
  ],
  'E7 user/authenticate': [
    'POST',
    'user/authenticate',
    async () => {
      const { id, email } = await freshAccount();
      return {
        caller: {},
        fields: { nameOrEmail: email, rawpw: PASSWORD },
        check: ({ object }) => expect(object).toMatchObject({ User: { Id: id } }),
      };
    },
  ],
  'E9 register': [
    'POST',
    'register',
    () => {
      const userName = freshName();
      const email = `a+${userName}@example.org`;
      return Promise.resolve({
        caller: { headers: { 'X-CONNECT-TOKEN': 'CONNECT-REGISTER' } },
        fields: { email, userName, rawpw: 'correct & horse=50%+ 🔋' },
        check: async ({ object }) => {
          expect(object).toMatchObject({ Status: 'SUCCESS' });
          expect(await broker.mailbox.to(email)).toHaveLength(1);
        },
      });
    },
  ],
  'E10 users/invite': [
    'POST',
    'users/invite',
    async () => {
      const { userName } = await freshAccount();
      const email = `guest+${userName}@example.org`;
      await ask(broker, 'GET', 'user', { key: home.key, query: { nameOrEmail: email } });
      return {
        caller: {},
        fields: { email, requesterUserName: userName },
        check: async ({ object }) => {
          expect(object).toEqual({});
          expect(await broker.mailbox.to(email)).toHaveLength(1);
        },
      };
    },
  ],
  'E11 ServerAuthorizations': [
    'POST',
    'ServerAuthorizations',
    async () => {
      const { id } = await freshAccount();
      const accessToken = hex();
      return {
        caller: { key: home.key },
        fields: { serverId: home.id, userId: id, userType: 'Linked', accessToken },
        check: ({ object }) => expect(object).toMatchObject({ UserId: id, AccessToken: accessToken }),
      };
    },
  ],
  'E13 ServerAuthorizations': [
    'DELETE',
    'ServerAuthorizations',
    async () => {
      const person = await freshAccount();
      await acceptedLink(broker, home, person);
      return {
        caller: { key: home.key },
        fields: { serverId: home.id, userId: person.id },
        check: ({ object }) => expect(object).toEqual({}),
      };
    },
  ],
  'E14 serverAuthorizations': [
    'DELETE',
    'serverAuthorizations',
    async () => {
      const person = await freshAccount();
      await acceptedLink(broker, home, person);
      return {
        caller: { token: await device(broker, person) },
        fields: { serverId: home.id, userId: person.id },
        check: ({ object }) => expect(object).toEqual({}),
      };
    },
  ],
  'E16 pin': [
    'POST',
    'pin',
    () =>
      Promise.resolve({
        caller: {},
        fields: { deviceId: 'Wohnzimmer & Küche' },
        check: async ({ object }) => {
          // Found under the device's own id: it was read as it was meant.
          const query = { pin: String(object['Pin']), deviceId: 'Wohnzimmer & Küche' };
          expect((await ask(broker, 'GET', 'pin', { query })).status).toBe(200);
        },
      }),
  ],
  'E18 pin/authenticate': [
    'POST',
    'pin/authenticate',
    async () => {
      const person = await freshAccount();
      const created = (await ask(broker, 'POST', 'pin', { form: { deviceId: 'tv' } })).object;
      const pin = String(created['Pin']);
      await ask(broker, 'POST', 'pin/confirm', { token: await device(broker, person), form: { pin } });
      return {
        caller: {},
        fields: { deviceId: String(created['DeviceId']), pin },
        check: ({ object }) => expect(object).toMatchObject({ UserId: person.id }),
      };
    },
  ],
  'E19 pin/confirm': [
    'POST',
    'pin/confirm',
    async () => {
      const person = await freshAccount();
      const pin = (await ask(broker, 'POST', 'pin', { form: { deviceId: 'tv' } })).field('Pin');
      return {
        caller: { token: await device(broker, person) },
        fields: { pin, userId: person.id },
        check: ({ object }) => expect(object).toEqual({}),
      };
    },
  ],
};

const FORM = 'application/x-www-form-urlencoded';
const withBody = (body: string | Uint8Array, type: string): Call => ({
  body,
  headers: { 'Content-Type': type },
});

/** The ways in which clients send the same thing (1.1). */
const ENCODINGS: Record<string, (fields: Fields) => Call> = {
  'query only, no body': (fields) => ({ query: fields }),
  'an escaped form': (fields) => withBody(escapedForm(fields), FORM),
  'an escaped form with a charset': (fields) => withBody(escapedForm(fields), `${FORM}; charset=UTF-8`),
  'a form as .NET escapes it': (fields) =>
    withBody(
      Object.entries(fields)
        .map(([name, value]) => `${name}=${netUrlEncode(value)}`)
        .join('&'),
      FORM,
    ),
  'a form that is not escaped': (fields) => withBody(rawForm(fields), FORM),
  JSON: (fields) => withBody(JSON.stringify(fields), 'application/json; charset=utf-8'),
  multipart: (fields) => withBody(multipart(fields), 'multipart/form-data; boundary=XyZ'),
  'query and body alike': (fields) => ({ query: fields, form: fields }),
  'query and JSON body alike': (fields) => ({ query: fields, json: fields }),
  'names in capitals, with parameters that nobody knows': (fields) => ({
    form: {
      ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [name.toUpperCase(), value])),
      format: 'json',
      FormatS: 'x',
    },
  }),
};

describe.each(Object.entries(SCENES))('%s', (_, [method, path, make]) => {
  test.each(Object.entries(ENCODINGS))('understands %s', async (_, encode) => {
    const { caller, fields, inQuery = {}, check } = await make();
    const encoded = encode(fields);
    const query = { ...inQuery, ...encoded.query };
    const headers = { ...caller.headers, ...encoded.headers };
    const answer = await ask(broker, method, path, { ...caller, ...encoded, query, headers });
    expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
    await check(answer);
  });

  test('refuses one parameter with two values, wherever they stand', async () => {
    const { caller, fields, inQuery = {} } = await make();
    const [name = '', value = ''] = Object.entries(fields)[0] ?? [];
    const twice: Call[] = [
      { query: { ...inQuery, [name]: 'other' }, form: fields },
      { query: { ...inQuery, [name]: 'other' }, json: fields },
      { query: inQuery, form: { ...fields, [name.toUpperCase()]: 'other' } },
      { query: inQuery, ...withBody(`${escapedForm(fields)}&${name}=other`, FORM) },
      {
        query: inQuery,
        ...withBody(JSON.stringify(fields).replace('}', `,"${name}":"other"}`), 'application/json'),
      },
    ];
    for (const call of twice) {
      const headers = { ...caller.headers, ...call.headers };
      const answer = await ask(broker, method, path, { ...caller, ...call, headers });
      expect(answer.status).toBe(400);
      expect(answer.object).toMatchObject({ message: `${name}: is given twice with different values` });
      expect(answer.text).not.toContain(value);
    }
  });

  test('refuses a compressed body, a file and a body that is none of these', async () => {
    const { caller, fields, inQuery = {} } = await make();
    const form = escapedForm(fields);
    const refused: Call[] = [
      { body: gzipSync(form), headers: { 'Content-Type': FORM, 'Content-Encoding': 'gzip' } },
      { body: form, headers: { 'Content-Type': FORM, 'Content-Encoding': 'deflate' } },
      withBody(multipart(fields, true), 'multipart/form-data; boundary=XyZ'),
      withBody('--XyZ broken', 'multipart/form-data; boundary=XyZ'),
      withBody('{"name":', 'application/json'),
      withBody('[1]', 'application/json'),
      withBody('<name>x</name>', 'application/xml'),
      withBody(Buffer.from([0x6e, 0x3d, 0xff, 0xfe]), FORM),
    ];
    for (const call of refused) {
      const headers = { ...caller.headers, ...call.headers };
      const answer = await ask(broker, method, path, { ...caller, ...call, headers, query: inQuery });
      expect([headers, answer.status]).toEqual([headers, 400]);
      expect(answer.object['message']).toEqual(expect.stringMatching(/\w/));
    }
  });
});

test('E8 needs no body and takes any', async () => {
  const person = await freshAccount();
  for (const call of [{}, { form: {} }, { json: {} }, { form: { format: 'json' } }]) {
    const token = await device(broker, person);
    const answer = await ask(broker, 'POST', 'user/logout', { token, ...call });
    expect([answer.status, answer.text]).toEqual([200, '{}']);
  }
});

test('a prototype cannot be reached through the names of parameters', async () => {
  const body = '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"a":1}},"deviceId":"tv"}';
  expect((await ask(broker, 'POST', 'pin', withBody(body, 'application/json'))).status).toBe(200);
  expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined();
});

function multipart(fields: Fields, withFile = false): string {
  const parts = Object.entries(fields).map(
    ([name, value]) => `--XyZ\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const file = '--XyZ\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\nfile\r\n';
  return [...parts, ...(withFile ? [file] : []), '--XyZ--\r\n'].join('');
}

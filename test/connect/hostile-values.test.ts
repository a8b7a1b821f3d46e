import { describe, expect, test } from '@jest/globals';
import { eachBroker } from '../support/broker.js';
import { PASSWORD } from '../support/people.js';
import type { Fields } from '../simulator/forms.js';
import { ask } from './ask.js';
import { account, device, hex, server } from './cast.js';

interface Route {
  readonly method: string;
  readonly path: string;
  readonly as: 'server' | 'device' | 'nobody';
  /** Values with which the request succeeds, or is at least understood. */
  readonly good: Fields;
}

const LINK = { userId: '1', userType: 'Linked', accessToken: hex() };
const ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: 'Servers',
    as: 'nobody',
    good: { name: 'N', url: 'http://a.example', systemId: 'a', localAddress: 'http://10.0.0.1' },
  },
  {
    method: 'POST',
    path: 'Servers',
    as: 'server',
    good: { id: 'a', name: 'N', url: 'http://a.example', systemId: 'a' },
  },
  { method: 'GET', path: 'user', as: 'server', good: { id: '1' } },
  { method: 'GET', path: 'user', as: 'server', good: { nameOrEmail: 'a' } },
  { method: 'GET', path: 'user', as: 'server', good: { name: 'a' } },
  { method: 'GET', path: 'user', as: 'server', good: { email: 'a@b.cc' } },
  { method: 'GET', path: 'user', as: 'device', good: { userId: '1' } },
  { method: 'GET', path: 'servers', as: 'device', good: { userId: '1', status: 'Waiting' } },
  { method: 'POST', path: 'user/authenticate', as: 'nobody', good: { nameOrEmail: 'a', rawpw: PASSWORD } },
  {
    method: 'POST',
    path: 'user/authenticate',
    as: 'nobody',
    good: { userName: 'a', password: 'b', pw: 'c' },
  },
  {
    method: 'POST',
    path: 'register',
    as: 'nobody',
    good: { email: 'a@b.cc', userName: 'hostile', rawpw: PASSWORD },
  },
  {
    method: 'POST',
    path: 'users/invite',
    as: 'nobody',
    good: { email: 'a@b.cc', requesterUserName: 'hostile' },
  },
  {
    method: 'POST',
    path: 'ServerAuthorizations',
    as: 'server',
    good: { serverId: 'a', ...LINK, requesterUserName: 'b' },
  },
  { method: 'GET', path: 'ServerAuthorizations', as: 'server', good: { serverId: 'a' } },
  { method: 'DELETE', path: 'ServerAuthorizations', as: 'server', good: { serverId: 'a', userId: '1' } },
  { method: 'DELETE', path: 'serverAuthorizations', as: 'device', good: { serverId: 'a', userId: '1' } },
  {
    method: 'GET',
    path: 'ServerAuthorizations/accept',
    as: 'device',
    good: { serverId: 'a', userId: '1', id: 'b' },
  },
  { method: 'POST', path: 'pin', as: 'nobody', good: { deviceId: 'tv' } },
  { method: 'GET', path: 'pin', as: 'nobody', good: { deviceId: 'tv', pin: 'BCDFGHJK' } },
  { method: 'POST', path: 'pin/authenticate', as: 'nobody', good: { deviceId: 'tv', pin: 'BCDFGHJK' } },
  { method: 'POST', path: 'pin/confirm', as: 'device', good: { pin: 'BCDFGHJK', userId: '1' } },
];

const HOSTILE: readonly [what: string, value: string][] = [
  ['NUL', 'a\0b'],
  ['a line break', 'a\r\nSet-Cookie: b'],
  ['SQL', `' OR '1'='1' --`],
  ['a template', '{{7*7}}${7*7}<script>'],
  ['a path', '../../../../etc/passwd'],
  ['1,500 letters', 'a'.repeat(1_500)],
  ['a right-to-left override', '‮gpj.exe'],
  ['emoji', '🎬'.repeat(40)],
  ['a blank', ' '],
  ['a large number', '9'.repeat(400)],
  ['a negative number', '-1'],
  ['a word with meaning', '__proto__'],
  ['another such word', 'constructor'],
];

eachBroker('a hostile value', {}, (broker) => {
  /** Nobody's: an answer may be a success, a 4xx that says why, and nothing else. */
  async function credential(as: Route['as']): Promise<{ key?: string; token?: string }> {
    if (as === 'server') return { key: (await server(broker(), 'Hostile')).key };
    if (as === 'device')
      return { token: await device(broker(), await account(broker(), `h${hex().slice(0, 12)}`)) };
    return {};
  }

  describe.each(ROUTES)('in $method $path as $as ($good)', ({ method, path, as, good }) => {
    test.each(Object.keys(good))('in %s is refused with a reason, or harmless', async (name) => {
      const caller = await credential(as);
      for (const [what, value] of HOSTILE) {
        const query = { ...good, [name]: value };
        const { status, text } = await ask(broker(), method, path, { ...caller, query });
        expect([what, [200, 400, 401, 403, 404, 414].includes(status), status, text]).toEqual([
          what,
          true,
          status,
          expect.stringMatching(status === 200 ? /^[[{]/ : /"message":"[^"]+"/),
        ]);
      }
    });

    if (method !== 'GET') {
      test.each(Object.keys(good))('in %s of a JSON body may not be anything but text', async (name) => {
        const caller = await credential(as);
        for (const value of [{}, [], ['a'], { toString: 'a' }, { $ne: null }]) {
          const given: object = { ...good, [name]: value };
          const { id, ...json } = given as Record<string, unknown>;
          const query = typeof id === 'string' ? { query: { id } } : {};
          const answer = await ask(broker(), method, path, { ...caller, ...query, json });
          if (name === 'id') continue; // It counts in the query alone.
          expect([answer.status, answer.object['message']]).toEqual([
            400,
            `${name}: must be text, not an object or an array`,
          ]);
        }
      });
    }
  });

  test('no NUL reaches the database', async () => {
    const { key } = await server(broker(), 'Nul');
    const { status, object } = await ask(broker(), 'GET', 'user', { key, query: { name: 'a\0' } });
    expect([status, object]).toEqual([400, { message: 'name: must not contain a NUL character' }]);
  });

  test('lone surrogates are read and found nowhere', async () => {
    const body = '{"nameOrEmail":"\\ud800","rawpw":"\\udfff"}';
    const headers = { 'Content-Type': 'application/json' };
    expect((await ask(broker(), 'POST', 'user/authenticate', { body, headers })).status).toBe(401);
  });
});

import type { Call } from './ask.js';

const FIELDS = { name: 'Attic', url: 'https://attic.example.org', systemId: 'attic' };
const WRONG = { nameOrEmail: 'nobody', rawpw: 'not the password' };
/** Every endpoint, with what makes it answer something of its own. */
export const ENDPOINTS: readonly [method: string, path: string, status: number, call: Call][] = [
  ['GET', 'ip', 200, {}],
  ['POST', 'Servers', 200, { raw: FIELDS }],
  ['GET', 'servers', 401, {}],
  ['GET', 'user', 401, {}],
  ['POST', 'user/authenticate', 401, { form: WRONG }],
  ['POST', 'user/logout', 401, {}],
  ['POST', 'register', 400, { form: { email: 'x' } }],
  ['POST', 'users/invite', 200, { raw: { email: 'a@example.org', requesterUserName: 'nobody' } }],
  ['POST', 'ServerAuthorizations', 401, {}],
  ['GET', 'ServerAuthorizations', 401, {}],
  ['DELETE', 'ServerAuthorizations', 401, {}],
  ['GET', 'ServerAuthorizations/accept', 401, {}],
  ['POST', 'pin', 200, { form: { deviceId: 'tv' } }],
  ['GET', 'pin', 404, { query: { deviceId: 'tv', pin: 'BCDFGHJK' } }],
  ['POST', 'pin/authenticate', 404, { form: { deviceId: 'tv', pin: 'BCDFGHJK' } }],
  ['POST', 'pin/confirm', 401, {}],
];

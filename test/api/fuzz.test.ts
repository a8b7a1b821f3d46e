import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { acceptedLink, account, server, waitingLink } from '../connect/cast.js';
import type { Answer, Call } from '../connect/ask.js';
import { TestBroker } from '../support/broker.js';
import { api, problemIn } from './ask-api.js';
import { signIn } from './app-token.js';

const { paths } = JSON.parse(readFileSync(inCheckout('docs/openapi.json'), 'utf8')) as {
  paths: Record<string, object>;
};
const operations = Object.entries(paths).flatMap(([path, item]) =>
  Object.keys(item).map((method) => [method.toUpperCase(), path.replace('/api/v1/', '')] as const),
);

/** Ids and parameters that are none. */
const VALUES = [
  '0',
  '-1',
  '%00',
  '%ff',
  '..',
  '%2e%2e%2f',
  "'%20OR%201=1",
  '[object%20Object]',
  'F'.repeat(32),
  '0'.repeat(128),
  '%F0%9F%92%A5',
  '%E2%80%AE',
  '1e309',
  'undefined',
  '{}',
  '[]',
];

const BODIES: readonly Call[] = [
  ...[
    '',
    '{',
    'null',
    '[]',
    '""',
    '0',
    'true',
    '{"__proto__":{}}',
    '{"constructor":1}',
    '{"a":{"b":[]}}',
  ].map((body) => ({ body, headers: { 'Content-Type': 'application/json' } })),
  ...[null, 0, 1, '', 'true', [], [true], {}, { a: 1 }, 1e300].map((block) => ({ json: { block } })),
  { json: { block: false, unknown: 1 } },
  { body: `{"block":${'['.repeat(8_000)}}`, headers: { 'Content-Type': 'application/json' } },
  { body: Buffer.from([0xff, 0xfe, 0x00]), headers: { 'Content-Type': 'application/json' } },
  { form: { block: 'true' } },
  { body: '<a/>', headers: { 'Content-Type': 'application/xml' } },
  { body: '{}', headers: { 'Content-Type': 'application/json;charset=utf-16' } },
  { body: '{}', headers: { 'Content-Type': ',;=' } },
  { body: '{}', headers: { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' } },
  { body: '--x\r\n\r\n--x--', headers: { 'Content-Type': 'multipart/form-data; boundary=x' } },
  { body: 'x'.repeat(20_000), headers: { 'Content-Type': 'application/json' } },
];

const HEADERS: readonly Record<string, string>[] = [
  { 'If-None-Match': '"' },
  { 'If-None-Match': '"a",'.repeat(500) },
  { 'Last-Event-ID': 'x'.repeat(3_000) },
  { Accept: 'text/nothing' },
  { Range: 'bytes=0-1' },
  { 'X-HTTP-Method-Override': 'DELETE' },
  { Expect: '100-continue' },
  { 'If-Match': '"x"' },
  { Cookie: 'sid=x' },
];

describe('every operation of the OpenAPI file', () => {
  let broker: TestBroker;
  let bearer = '';
  let waiting = '';

  beforeAll(async () => {
    broker = await TestBroker.start();
    const maria = await account(broker, 'maria');
    ({ token: bearer } = await signIn(broker, maria));
    await acceptedLink(broker, await server(broker, 'Den'), maria);
    await waitingLink(broker, await server(broker, 'Loft'), maria);
    const { object } = await api(broker, 'GET', 'invitations', { bearer });
    waiting = (object['invitations'] as { id: string }[])[0]?.id ?? '';
  });
  afterAll(() => broker.remove());

  /** A good answer, or a problem that is not ours. */
  function expectSound(what: string, answer: Answer): void {
    const isGood = answer.status < 400;
    const status = isGood ? answer.status : problemIn(answer).status;
    expect({ what, isOurs: status >= 500 }).toEqual({ what, isOurs: false });
    expect(answer.text).not.toMatch(/node_modules|SELECT |sqlite|at .*\.js:/i);
  }

  const pathOf = (path: string, id: string): string => path.replace('{id}', id);

  const withId = operations.filter(([, path]) => path.includes('{id}'));
  // The one never ends, the other ends what all of them need.
  const repeatable = operations.filter(([, path]) => !/events|current/.test(path));

  test.each(withId)('%s %s: no id that is none makes it stumble', async (method, path) => {
    for (const value of VALUES) {
      const answer = await api(broker, method, pathOf(path, value), { bearer });
      expectSound(`${method} ${path} ${value}`, answer);
      expect(answer.status).toBeGreaterThanOrEqual(400);
    }
  });

  test.each(operations)('%s %s: no query that it does not know gets in', async (method, path) => {
    const target = pathOf(path, '0'.repeat(32));
    const queries = [
      ...VALUES.map((value) => `x=${value}`),
      ...['wait[]', 'userId', '__proto__', 'constructor', 'toString', '%00', ''].map((name) => `${name}=1`),
    ];
    for (const query of queries) {
      const answer = await api(broker, method, `${target}?${query}`, { bearer });
      expect(problemIn(answer)).toMatchObject({ status: 400, code: 'invalid-request' });
    }
    const twice = await api(broker, method, `${target}?a=1&a=2`, { bearer });
    expect(problemIn(twice).errors).toEqual([{ parameter: 'a', detail: 'is given twice' }]);
  });

  test.each(repeatable)('%s %s: no body makes it stumble', async (method, path) => {
    for (const [at, call] of BODIES.entries()) {
      const answer = await api(broker, method, pathOf(path, '0'.repeat(32)), { bearer, ...call });
      expectSound(`${method} ${path} body ${at}`, answer);
    }
  });

  test.each(repeatable)('%s %s: no header makes it stumble', async (method, path) => {
    for (const headers of HEADERS) {
      const answer = await api(broker, method, pathOf(path, '0'.repeat(32)), { bearer, headers });
      expectSound(`${method} ${path} ${JSON.stringify(headers).slice(0, 60)}`, answer);
    }
  });

  test.each(operations)('%s %s: other methods are refused with those that are possible', async (_, path) => {
    const here = operations.filter((one) => one[1] === path).map(([method]) => method);
    for (const other of ['PUT', 'PATCH', 'POST', 'DELETE'].filter((one) => !here.includes(one))) {
      const answer = await api(broker, other, pathOf(path, '0'.repeat(32)), { bearer });
      expect(problemIn(answer)).toMatchObject({ status: 405, code: 'method-not-allowed' });
      expect(answer.headers.allow?.split(', ')).toEqual(expect.arrayContaining(here));
    }
  });

  test('nothing of all this has answered the invitation or ended the link', async () => {
    const { object } = await api(broker, 'GET', 'invitations', { bearer });
    expect((object['invitations'] as { id: string }[]).map(({ id }) => id)).toEqual([waiting]);
    expect((await api(broker, 'GET', 'links', { bearer })).object['links']).toHaveLength(1);
  });
});

import { expect, test } from '@jest/globals';
import type { Socket } from 'node:net';
import { RepeatedRequests } from './repeated-requests.js';
import { wholeRequestOf, type WholeRequest } from './whole-request.js';

const SECRET = 'c0ffee'.repeat(10);

function requestOf(...fields: string[]): WholeRequest {
  const piece = Buffer.from(['GET /list HTTP/1.1', 'Host: localhost', ...fields, '', ''].join('\r\n'));
  const request = wholeRequestOf(piece, {} as Socket);
  if (request === null) throw new Error('not whole');
  return request;
}

test('remembers what comes a second time, by all of its bytes, until it is told to forget', () => {
  const requests = new RepeatedRequests<string>();
  const [one, other] = [requestOf('Accept: a'), requestOf('Accept: b')];
  const meet = (request: WholeRequest): string | undefined => {
    const known = requests.find(request.piece);
    if (known === undefined) requests.remember(request, 'a route', () => () => null);
    return known?.of;
  };
  expect([meet(one), meet(other), meet(one), meet(one)]).toEqual([
    undefined,
    undefined,
    undefined,
    'a route',
  ]);
  expect([meet(other), meet(other)]).toEqual([undefined, 'a route']);
  requests.forget(one.piece);
  expect([meet(one), meet(other)]).toEqual([undefined, 'a route']);
});

test('remembers all of a crowd that takes turns, whatever digests they have', () => {
  const requests = new RepeatedRequests<string>();
  const crowd = Array.from({ length: 20_000 }, (_, n) => requestOf(`Accept: ${n}`));
  for (let round = 0; round < 3; round += 1)
    for (const one of crowd) requests.remember(one, 'a route', () => () => null);
  const forgotten = crowd.filter(({ piece }) => requests.find(piece) === undefined);
  // More than four of them on one shelf: hardly ever.
  expect(forgotten.length).toBeLessThan(20);
});

test('asks nobody how to answer again what comes once, and keeps nothing that cannot be', () => {
  const requests = new RepeatedRequests<string>();
  const request = requestOf();
  let asked = 0;
  for (let n = 0; n < 3; n += 1)
    requests.remember(request, 'a route', () => {
      asked += 1;
      return null;
    });
  expect([asked, requests.find(request.piece)]).toEqual([2, undefined]);
});

test('keeps of the headers what is looked at each time, and no credentials (S-50)', () => {
  const requests = new RepeatedRequests<string>();
  const proofs = [`Authorization: Bearer ${SECRET}`, `X-Connect-UserToken: ${SECRET}`, `Cookie: s=${SECRET}`];
  const looked = ['If-None-Match: "x"', 'X-Forwarded-For: 203.0.113.7', 'X-Forwarded-Proto: https'];
  const request = requestOf(...proofs, ...looked, `User-Agent: ${SECRET}`);
  for (let n = 0; n < 2; n += 1) requests.remember(request, 'a route', () => () => null);
  expect(requests.find(request.piece)).toMatchObject({
    method: 'GET',
    url: '/list',
    headers: {
      host: 'localhost',
      'if-none-match': '"x"',
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-proto': 'https',
    },
  });
  expect(JSON.stringify(requests.find(request.piece))).not.toContain(SECRET);
});

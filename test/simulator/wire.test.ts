import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FailedCall, parseJson, send, TimedOut, type Exchange, type WireResponse } from './wire.js';

let stalling: Server;
let exchanges: Exchange[];

beforeEach(async () => {
  exchanges = [];
  stalling = createServer((request, response) => {
    if (request.url?.startsWith('/stall') === true)
      response.writeHead(200, { 'Content-Length': 9 }).write('half');
    else response.end(request.url);
  });
  await new Promise<void>((resolve) => stalling.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  stalling.closeAllConnections();
  await new Promise((resolve) => stalling.close(resolve));
});

function get(path: string, base = address()): Promise<WireResponse> {
  return send({ direction: 'to-broker', method: 'GET', base, path, headers: {}, timeoutMs: 200 }, exchanges);
}

function address(): string {
  return `http://127.0.0.1:${(stalling.address() as AddressInfo).port}`;
}

it('keeps the path as it is given, below the path of the host', async () => {
  expect((await get("/A//b/../c?x=%zz&y='|", `${address()}/front/`)).text).toBe(
    "/front/A//b/../c?x=%zz&y='|",
  );
});

it('counts an answer that stalls as none', async () => {
  await expect(get('/stall')).rejects.toBeInstanceOf(TimedOut);
  expect(exchanges).toEqual([
    {
      direction: 'to-broker',
      method: 'GET',
      path: '/stall',
      requestHeaders: {},
      requestBody: '',
      status: null,
      responseBody: '',
    },
  ]);
});

it('records a connection that nobody takes', async () => {
  await expect(get('/', 'http://127.0.0.1:1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(exchanges).toMatchObject([{ status: null }]);
});

it('names the call whose body is not JSON', () => {
  const response = { status: 200, headers: {}, text: '<html>' };
  expect(() => parseJson(response, 'E4')).toThrow('E4: 200 not JSON: <html>');
  expect(() => parseJson(response, 'E4')).toThrow(FailedCall);
});

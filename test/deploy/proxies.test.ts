import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { findProgram, installMissing } from '../../scripts/lib/debian.mjs';
import { freePort } from '../../scripts/lib/sockets.mjs';
import { RestoreHold } from '../../src/features/restores/index.js';
import { Readiness } from '../../src/platform/http/readiness.js';
import { DAY } from '../../src/shared/clock.js';
import { signIn } from '../api/app-token.js';
import { acceptedLink, account, hex, server, sql } from '../connect/cast.js';
import { TestBroker } from '../support/broker.js';
import { buildBefore, ChildBroker, removeFolder, temporaryFolder } from '../support/child-broker.js';
import { eventually } from '../support/eventually.js';
import { PASSWORD } from '../support/people.js';
import { BreakingNode } from './breaking-node.js';
import { CLIENT, Proxy, type ProxyName } from './proxy.js';

await installMissing(['nginx-light', 'haproxy']);

buildBefore();

const portOf = (broker: { readonly url: string }): number => Number(new URL(broker.url).port);
/** How often a broker has answered a route with a status; the health checks of a proxy are requests too. */
const count = (broker: TestBroker, path: string, status: number): number =>
  broker.log.lines
    .filter(({ fields }) => 'path' in fields && 'status' in fields)
    .filter(({ fields }) => (fields as { path: string }).path === path)
    .filter(({ fields }) => (fields as { status: number }).status === status).length;
const answered = (broker: TestBroker): number => count(broker, '/service/pin', 200);

/** What changes something, and what is answered to whoever is not signed in. A DELETE is to a proxy what a PUT is. */
const CHANGES = [
  ['DELETE', '/service/ServerAuthorizations', 401],
  ['GET', '/service/ServerAuthorizations/accept', 401],
] as const;

describe.each<ProxyName>(['nginx', 'haproxy'])('the example for %s', (name) => {
  const declare = findProgram(name) === null ? describe.skip : describe;
  declare('as it is in config/deploy', () => {
    let nodes: [TestBroker, TestBroker];
    let port = 0;
    let proxy: Proxy | undefined;
    const settings = (): Record<string, string> => ({
      TRUST_PROXY: '127.0.0.1',
      PUBLIC_URL: `https://localhost:${port}`,
    });
    beforeAll(async () => {
      port = await freePort();
      nodes = [await TestBroker.start(settings()), await TestBroker.start(settings())];
    });
    afterEach(() => proxy?.stop());
    afterAll(() => Promise.all(nodes.map((node) => node.remove())));

    /** With the nodes that are given behind it. */
    async function before(one: { readonly url: string }, two: TestBroker): Promise<Proxy> {
      proxy = await Proxy.start(name, port, [portOf(one), portOf(two)]);
      return proxy;
    }

    test('lets people sign in and read their list, and events pass at once', async () => {
      const [node] = nodes;
      const through = await before(node, node);
      const maria = await account(node, 'maria');
      const signedIn = await through.form('/service/user/authenticate', {
        nameOrEmail: 'maria',
        rawpw: PASSWORD,
      });
      expect(signedIn.status).toBe(200);
      const { AccessToken: token } = JSON.parse(signedIn.text) as { AccessToken: string };
      await acceptedLink(node, await server(node, 'Den'), maria);
      const list = await through.ask('/service/servers', { headers: { 'X-Connect-UserToken': token } });
      expect([list.status, list.text]).toEqual([200, expect.stringContaining('"Name":"Den"')]);

      const { token: bearer } = await signIn(node, maria, ['servers:read']);
      const events = await through.open('/api/v1/servers/events', {
        headers: { Authorization: `Bearer ${bearer}` },
      });
      const next = async (): Promise<string> => String((await once(events, 'data'))[0]);
      expect(await next()).toContain('event: snapshot');
      const change = next();
      await acceptedLink(node, await server(node, 'Loft'), maria);
      expect(await change).toContain('event: added');
      events.destroy();
    });

    test('tells the broker who calls, whatever the caller says, and lets nothing large or internal pass', async () => {
      const [node] = nodes;
      const through = await before(node, node);
      const lie = {
        'X-Forwarded-For': '203.0.113.99',
        'X-Real-IP': '203.0.113.98',
        'X-Forwarded-Proto': 'http',
      };
      const ip = await through.ask('/service/ip', { headers: lie });
      expect([ip.status, ip.text]).toEqual([200, expect.stringContaining(CLIENT)]);
      const large = await through.form('/service/user/authenticate', { nameOrEmail: 'x'.repeat(17_000) });
      expect(large.status).toBe(413);
      expect((await through.ask('/health/ready')).status).toBe(404);
      expect((await through.ask('/metrics')).status).toBe(404);
    });

    test('where no node is there callers are told when to come back, not all of them at once', async () => {
      const [one, two] = [await freePort(), await freePort()];
      const through = (proxy = await Proxy.start(name, port, [one, two]));
      const seconds = new Set<number>();
      await eventually(async () => {
        const incoming = await through.open('/service/servers');
        const { statusCode, headers } = incoming.resume();
        expect([502, 503]).toContain(statusCode);
        seconds.add(Number(headers['retry-after']));
        expect(seconds.size).toBeGreaterThan(2);
      });
      expect([...seconds].filter((each) => !(each >= 8 && each <= 22))).toEqual([]);
    });

    test('a node that refuses says itself when callers come back', async () => {
      const [node] = nodes;
      const through = await before(node, node);
      const at = node.clock.now();
      const restore = `('${hex()}', ${at - DAY}, ${at})`;
      await sql(node, `INSERT INTO restores (id, backup_created_at, restored_at) VALUES ${restore}`);
      await node.app.get(RestoreHold).read();
      try {
        const refused = (
          await through.open('/service/servers', { headers: { 'X-Connect-UserToken': hex() } })
        ).resume();
        expect(refused.statusCode).toBe(503);
        const seconds = refused.headersDistinct['retry-after']?.map(Number);
        expect(seconds).toEqual([expect.any(Number)]);
        expect(seconds?.[0]).toBeGreaterThanOrEqual(150);
      } finally {
        await sql(node, 'DELETE FROM restores');
        await node.app.get(RestoreHold).read();
      }
    });

    test('a node that stops gets no new requests, and none fails', async () => {
      const [leaving, staying] = nodes;
      const through = await before(leaving, staying);
      const pin = async (): Promise<number> =>
        (await through.form('/service/pin', { deviceId: 'tv' })).status;
      // Both get their share first.
      await eventually(async () => {
        expect(await pin()).toBe(200);
        expect([answered(leaving), answered(staying)].every((count) => count > 3)).toBe(true);
      });
      leaving.app.get(Readiness).drain();
      // nginx does not ask for the health of a node: it notices when the port is closed.
      if (name === 'nginx') await leaving.app.close();
      else {
        await eventually(() => expect(count(leaving, '/health/ready', 503)).toBeGreaterThan(1));
        await eventually(async () => {
          const before = answered(leaving);
          for (let index = 0; index < 4; index += 1) expect(await pin()).toBe(200);
          expect(answered(leaving)).toBe(before);
        });
      }
      const [left, stayed] = [answered(leaving), answered(staying)];
      for (let index = 0; index < 20; index += 1) expect(await pin()).toBe(200);
      expect([answered(leaving), answered(staying)]).toEqual([left, stayed + 20]);
    });

    test('a list whose node breaks its connection is asked for at another one, and a change at none', async () => {
      const [, living] = nodes;
      const breaking = await BreakingNode.start();
      try {
        const through = await before(breaking, living);
        for (const [method, path, status] of CHANGES) {
          const asked = count(living, path, status);
          const answers: number[] = [];
          // nginx keeps off a node that has failed, for two seconds.
          await eventually(async () => {
            answers.push((await through.ask(path, { method })).status);
            expect(breaking.sent).toContain(`${method} ${path}`);
          });
          const others = answers.slice(1);
          expect(answers).toEqual([...others.map(() => status), 502]);
          await eventually(() => expect(count(living, path, status) - asked).toBe(others.length));
        }
        await eventually(async () => {
          expect((await through.ask('/service/servers')).status).toBe(401);
          expect(breaking.sent).toContain('GET /service/servers');
        });
      } finally {
        await breaking.stop();
      }
    });

    test('a list that a node keeps without an answer is asked for at another one, and a write at none', async () => {
      const [, living] = nodes;
      const folder = temporaryFolder();
      const paused = await ChildBroker.start(folder, settings());
      try {
        const through = await before(paused, living);
        const list = async (): Promise<number> => (await through.ask('/service/servers')).status;
        const pin = async (): Promise<number> =>
          (await through.form('/service/pin', { deviceId: 'tv' })).status;
        // Nobody is signed in: each node refuses, at once.
        expect(await Promise.all([list(), list(), pin(), pin()])).toEqual([401, 401, 200, 200]);
        const stayed = answered(living);
        paused.signal('SIGSTOP');
        const since = performance.now();
        const [lists, writes] = await Promise.all([
          Promise.all(Array.from({ length: 4 }, list)),
          Promise.all(Array.from({ length: 4 }, pin)),
        ]);
        expect(lists).toEqual([401, 401, 401, 401]);
        expect(performance.now() - since).toBeLessThan(40_000);
        // Those that were caught are not told what became of them, and nobody else was asked.
        expect(writes.filter((status) => status === 504).length).toBeGreaterThan(0);
        expect(answered(living) - stayed).toBe(writes.filter((status) => status === 200).length);
      } finally {
        await paused.kill();
        removeFolder(folder);
      }
    }, 90_000);
  });
});

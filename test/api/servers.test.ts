import { describe, expect, jest, test } from '@jest/globals';
import { Listeners } from '../../src/edges/api/servers/listeners.service.js';
import { LinksService } from '../../src/features/links/index.js';
import { ServersService } from '../../src/features/servers/index.js';
import { ChangeFeed, type NumberedChange } from '../../src/platform/changes/change-feed.js';
import { acceptedLink, account, disable, server, sql, waitingLink } from '../connect/cast.js';
import { eachBroker, TestBroker } from '../support/broker.js';
import { eventually } from '../support/eventually.js';
import { api, problemIn } from './ask-api.js';
import { signIn } from './app-token.js';

interface ServerJson {
  readonly id: string;
  readonly name: string;
  readonly linkKey: string;
  readonly addresses: readonly { url: string; scope: string }[];
  readonly lastHeardFrom: string;
}

function serversIn(answer: { object: Record<string, unknown> }): ServerJson[] {
  return answer.object['servers'] as ServerJson[];
}

/** Lets a server report from a network, with new facts. */
async function report(
  broker: TestBroker,
  at: { id: string; key: string; systemId: string },
  network: string,
  fields: { name?: string; url?: string; localAddress?: string } = {},
): Promise<void> {
  const given = {
    name: 'Den',
    url: 'https://media.example.org:8920',
    localAddress: 'http://192.168.1.5:8096',
    systemId: at.systemId,
    ...fields,
  };
  await broker.app.get(ServersService).update(at.id as never, at.key, () => given, network);
}

eachBroker('GET /api/v1/servers', { TRUST_PROXY: '127.0.0.0/8' }, (broker) => {
  test('holds everything a device needs, and of waiting links nothing', async () => {
    const [maria, den, other] = [
      await account(broker(), 'maria'),
      await server(broker(), 'Den', { localAddress: 'http://192.168.1.5:8096' }),
      await server(broker(), 'Waiting'),
    ];
    const key = await acceptedLink(broker(), den, maria, 'guest');
    await waitingLink(broker(), other, maria);
    const { token } = await signIn(broker(), maria, ['servers:read']);
    const answer = await api(broker(), 'GET', 'servers', { bearer: token });
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      etag: expect.stringMatching(/^"[\w-]{24}"$/),
    });
    const [usable] = await broker().app.get(LinksService).usableBy(maria.id);
    expect(answer.object).toEqual({
      servers: [
        {
          id: den.id,
          name: 'Den',
          systemId: den.systemId,
          linkId: usable?.link.id,
          kind: 'guest',
          linkKey: key,
          sameNetwork: false,
          addresses: [
            { url: 'https://media.example.org:8920', scope: 'remote', family: 'name', scheme: 'https' },
            { url: 'http://192.168.1.5:8096', scope: 'local', family: 'ipv4', scheme: 'http' },
          ],
          lastHeardFrom: '2026-01-01T12:00:00.000Z',
        },
      ],
      refreshAfterSeconds: expect.any(Number),
    });
    expect(answer.object['refreshAfterSeconds']).toBeGreaterThanOrEqual(3_300);
    expect(answer.object['refreshAfterSeconds']).toBeLessThanOrEqual(3_600);
  });

  test('is the same for the same list: 304, also from a list of ETags and by the weak comparison', async () => {
    const nora = await account(broker(), 'nora');
    await acceptedLink(broker(), await server(broker(), 'Den'), nora);
    const { token: bearer } = await signIn(broker(), nora);
    const first = await api(broker(), 'GET', 'servers', { bearer });
    const etag = String(first.headers.etag);
    for (const known of [etag, `"other", W/${etag}`, '*']) {
      const again = await api(broker(), 'GET', 'servers', { bearer, headers: { 'If-None-Match': known } });
      expect([again.status, again.text, again.headers.etag]).toEqual([304, '', etag]);
    }
    const other = await api(broker(), 'GET', 'servers', { bearer, headers: { 'If-None-Match': '"other"' } });
    expect([other.status, other.text]).toEqual([200, first.text]);
  });

  test('has another ETag when anything changes that a device acts on, and not when a server was only heard', async () => {
    const omar = await account(broker(), 'omar');
    const den = await server(broker(), 'Den', { localAddress: 'http://192.168.1.5:8096' });
    await acceptedLink(broker(), den, omar);
    const { token: bearer } = await signIn(broker(), omar);
    const from = '203.0.113.7';
    const read = (): ReturnType<typeof api> => api(broker(), 'GET', 'servers', { bearer, from });
    await report(broker(), den, '203.0.113.99');
    const before = await read();
    const changes: NumberedChange[] = [];
    const stop = broker()
      .app.get(ChangeFeed)
      .listen({ changed: (change) => changes.push(change), missed: () => undefined });
    const told = () => changes.splice(0).filter(({ id }) => id === den.id);
    broker().clock.advance(2 * 3_600_000);
    await report(broker(), den, '203.0.113.99');
    // Told as no more than that, so that lists are remembered beyond the hour.
    expect(told()).toEqual([expect.objectContaining({ heardAt: broker().clock.now() })]);
    const { token: fresh } = await signIn(broker(), omar);
    const heard = await api(broker(), 'GET', 'servers', { bearer: fresh, from });
    expect(Date.parse(serversIn(heard)[0]?.lastHeardFrom ?? '')).toBe(broker().clock.now());
    expect(heard.headers.etag).toBe(before.headers.etag);
    await report(broker(), den, '203.0.113.99', { name: 'Cellar' });
    expect(told()).toEqual([expect.not.objectContaining({ heardAt: expect.anything() })]);
    stop();
    const renamed = await api(broker(), 'GET', 'servers', { bearer: fresh, from });
    expect(renamed.headers.etag).not.toBe(before.headers.etag);
  });

  test.each([
    ['the same IPv4 address', '203.0.113.7', '203.0.113.7', true],
    ['another IPv4 address', '203.0.113.8', '203.0.113.7', false],
    ['the same IPv6 /64', '2001:db8:1:2::9', '2001:db8:1:2::/64', true],
    ['another IPv6 /64', '2001:db8:1:3::9', '2001:db8:1:2::/64', false],
  ])(
    'seen from %s: sameNetwork, order and ETag follow, and no address is withheld (S-81)',
    async (_, from, home, same) => {
      const who = await account(broker(), `seen-${from.replace(/[^0-9]/g, '-')}`);
      const den = await server(broker(), 'Den');
      await acceptedLink(broker(), den, who);
      await report(broker(), den, home);
      const { token: bearer } = await signIn(broker(), who);
      const here = await api(broker(), 'GET', 'servers', { bearer, from });
      expect(serversIn(here)[0]).toMatchObject({
        sameNetwork: same,
        addresses: same
          ? [{ scope: 'local' }, { scope: 'remote' }]
          : [{ scope: 'remote' }, { scope: 'local' }],
      });
      const elsewhere = await api(broker(), 'GET', 'servers', { bearer, from: '198.51.100.1' });
      expect(elsewhere.headers.etag === here.headers.etag).toBe(!same);
    },
  );

  test('is refused whole when a link key cannot be opened, never shortened (R-01)', async () => {
    const pia = await account(broker(), 'pia');
    const den = await server(broker(), 'Den');
    await acceptedLink(broker(), den, pia);
    await acceptedLink(broker(), await server(broker(), 'Loft'), pia);
    await sql(broker(), `UPDATE links SET sealed_key = 'x' WHERE server_id = '${den.id}'`);
    const { token: bearer } = await signIn(broker(), pia);
    const answer = await api(broker(), 'GET', 'servers', { bearer });
    expect(problemIn(answer)).toMatchObject({ status: 503, code: 'unavailable' });
    expect(answer.headers['retry-after']).toMatch(/^\d+$/);
  });

  test('ends with the account: a token that was remembered is refused at once (S-62)', async () => {
    const quin = await account(broker(), 'quin');
    const { token: bearer } = await signIn(broker(), quin);
    expect((await api(broker(), 'GET', 'servers', { bearer })).status).toBe(200);
    await disable(broker(), quin.id);
    const answer = await api(broker(), 'GET', 'servers', { bearer });
    expect(problemIn(answer)).toMatchObject({ status: 401, code: 'token-invalid' });
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="signpost", error="invalid_token"');
  });

  test('answers HEAD without a body', async () => {
    const { token: bearer } = await signIn(broker(), await account(broker(), 'rosa'));
    const answer = await api(broker(), 'HEAD', 'servers', { bearer });
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect(answer.headers.etag).toBeDefined();
  });
});

eachBroker('GET /api/v1/servers?wait=', {}, (broker) => {
  async function waiting(userName: string): Promise<{
    bearer: string;
    etag: string;
    change: () => Promise<unknown>;
    id: string;
    signInId: string;
  }> {
    const who = await account(broker(), userName);
    const den = await server(broker(), 'Den');
    await acceptedLink(broker(), den, who);
    const { token: bearer, signInId } = await signIn(broker(), who);
    const { headers } = await api(broker(), 'GET', 'servers', { bearer });
    const change = (): Promise<unknown> => broker().app.get(LinksService).endByAccount(who.id, den.id);
    return { bearer, etag: String(headers.etag), change, id: who.id, signInId };
  }

  const poll = (bearer: string, etag: string, wait: number): ReturnType<typeof api> =>
    api(broker(), 'GET', `servers?wait=${wait}`, { bearer, headers: { 'If-None-Match': etag } });

  test('answers at once when the list is another one', async () => {
    const { bearer } = await waiting('wait-other');
    const since = performance.now();
    expect((await poll(bearer, '"other"', 60)).status).toBe(200);
    // At once, or after the minute.
    expect(performance.now() - since).toBeLessThan(50_000);
  });

  test('answers at once without If-None-Match: there is nothing to wait for', async () => {
    const { bearer } = await waiting('wait-none');
    expect((await api(broker(), 'GET', 'servers?wait=60', { bearer })).status).toBe(200);
  });

  test('answers 304 when the time is over', async () => {
    const { bearer, etag } = await waiting('wait-over');
    const since = performance.now();
    expect((await poll(bearer, etag, 1)).status).toBe(304);
    expect(performance.now() - since).toBeGreaterThan(900);
  });

  test('tells a change when it happens', async () => {
    const { bearer, etag, change } = await waiting('wait-change');
    const opened = jest.spyOn(broker().app.get(Listeners), 'open');
    const since = performance.now();
    const polled = poll(bearer, etag, 60);
    await eventually(() => expect(opened).toHaveBeenCalled());
    await change();
    const answer = await polled;
    opened.mockRestore();
    // Nobody looks by himself before the minute is over.
    expect(performance.now() - since).toBeLessThan(50_000);
    expect([answer.status, answer.object['servers']]).toEqual([200, []]);
  });

  test('tells a change of the server itself', async () => {
    const who = await account(broker(), 'wait-server');
    const den = await server(broker(), 'Den');
    await acceptedLink(broker(), den, who);
    const { token: bearer } = await signIn(broker(), who);
    const { headers } = await api(broker(), 'GET', 'servers', { bearer });
    const polled = poll(bearer, String(headers.etag), 60);
    await report(broker(), den, '203.0.113.1', { name: 'Cellar' });
    expect(serversIn(await polled)[0]?.name).toBe('Cellar');
  });

  test('ends with the sign-in', async () => {
    const { bearer, etag, signInId } = await waiting('wait-ended');
    const polled = poll(bearer, etag, 60);
    const { token: other } = await signIn(broker(), await account(broker(), 'wait-bystander'));
    expect((await api(broker(), 'DELETE', `sign-ins/${signInId}`, { bearer: other })).status).toBe(404);
    expect((await api(broker(), 'DELETE', 'sign-ins/current', { bearer })).status).toBe(204);
    expect(problemIn(await polled)).toMatchObject({ status: 401, code: 'token-invalid' });
  });

  test.each(['61', '-1', '1.5', 'x', '', '01', '1e1', '%00'])('refuses to wait %j', async (wait) => {
    const { token: bearer } = await signIn(
      broker(),
      await account(broker(), `w${Buffer.from(wait).toString('hex')}`),
    );
    const answer = await api(broker(), 'GET', `servers?wait=${wait}`, { bearer });
    expect(problemIn(answer)).toMatchObject({
      status: 400,
      code: 'invalid-request',
      errors: [{ parameter: 'wait', detail: 'must be a whole number from 0 to 60' }],
    });
  });
});

describe('listeners', () => {
  test('are refused beyond their limits, with a time to come back', async () => {
    const broker = await TestBroker.start({ LIMIT_LISTENERS_PER_ACCOUNT: '1', LIMIT_LISTENERS: '2' });
    try {
      const open = async (userName: string): Promise<() => ReturnType<typeof api>> => {
        const { token: bearer } = await signIn(broker, await account(broker, userName));
        const etag = String((await api(broker, 'GET', 'servers', { bearer })).headers.etag);
        return () => api(broker, 'GET', 'servers?wait=30', { bearer, headers: { 'If-None-Match': etag } });
      };
      const [one, two, three] = [await open('lena'), await open('mona'), await open('nina')];
      const polls = [one(), two()];
      const second = await eventually(async () => {
        const answer = await one();
        expect(answer.status).toBe(429);
        return answer;
      });
      expect(problemIn(second).code).toBe('too-many-listeners');
      expect(second.headers['retry-after']).toMatch(/^\d+$/);
      const third = await three();
      expect(problemIn(third)).toMatchObject({ status: 503, code: 'listeners-full' });
      expect(third.headers['retry-after']).toMatch(/^\d+$/);
      await broker.close();
      expect((await Promise.all(polls)).map(({ status }) => status)).toEqual([304, 304]);
    } finally {
      await broker.remove();
    }
  });
});

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { decodeJwt } from 'jose';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { encode } from 'uqr';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { freePort } from '../../scripts/lib/sockets.mjs';
import { LinksService } from '../../src/features/links/index.js';
import { AppSignIns, type AccessTokenClaims, type AppSignIn } from '../../src/features/oauth/index.js';
import type { AccountId, ServerId } from '../../src/shared/ids.js';
import type { Answer } from '../pages/browser.js';
import { Resident } from '../pages/signed-in.js';
import { MediaServer } from '../simulator/media-server.js';
import { TestBroker } from '../support/broker.js';
import { followClock } from '../support/oauth.js';
import { PROGRAM, WatchedClient } from './watched-client.js';

const QR_CODE = inCheckout('docs/samples/tv-client/qr-code.mjs');
const MINUTE = 60_000;
const REFRESHED = 'POST /oidc/token 200';

type Attempt = (signal: AbortSignal) => Promise<string>;
interface Sample {
  readonly race: (attempts: readonly Attempt[], staggerMs?: number) => Promise<string>;
}
interface QrSample {
  readonly modules: (text: string) => boolean[][] | null;
}
/** What the client keeps on disk. */
interface Kept {
  readonly access: string;
  readonly refresh: string;
  readonly list: { readonly servers: { systemId: string }[] };
}

const load = async <T>(file: string): Promise<T> => (await import(pathToFileURL(file).href)) as T;

describe('the sample TV client', () => {
  let broker: TestBroker;
  let url: string;
  let maria: Resident;
  let server: MediaServer;
  let entered: string;
  const folder = mkdtempSync(join(tmpdir(), 'signpost-tv-'));
  const state = join(folder, 'tv.json');
  const clients: WatchedClient[] = [];

  beforeAll(async () => {
    const port = String(await freePort());
    broker = await TestBroker.start({ PORT: port, LIMITS: 'on' });
    url = `http://localhost:${port}`;
  });
  followClock(() => broker);
  beforeAll(async () => {
    maria = await Resident.of(broker, 'maria');
    server = new MediaServer({ broker: broker.url, name: 'Den' });
    await server.start();
    server.addUser('local-maria');
    await server.linkUser('local-maria', 'maria');
    const serverId = server.registration?.id as ServerId;
    await broker.app.get(LinksService).accept(maria.person.id as AccountId, { serverId });
    entered = `Den: ${server.address}, signed in as ${server.user('local-maria').id}`;
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.kill()));
    await server.stop();
    await broker.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Starts it as a person would, a slash too many included. */
  function start(at = url, file = state): WatchedClient {
    const client = new WatchedClient(`${at}/`, file);
    clients.push(client);
    return client;
  }

  /** Lets it wait as long as it wants, or shorter than that. @returns how long it wanted */
  async function wait(client: WatchedClient, most = Infinity): Promise<number> {
    const ms = await client.pause();
    broker.clock.advance(Math.min(ms, most));
    client.goOn();
    return ms;
  }

  const code = async (client: WatchedClient): Promise<string> =>
    (await client.printed(/and type (\S+), or scan/))[1] ?? '';

  /** Types the code on the PIN page. @returns the page that asks whether that is right */
  const type = async (pin: string): Promise<Answer> =>
    maria.browser.submit('/pin', (await maria.open('/pin')).filled({ pin }));
  const answer = async (client: WatchedClient, how: 'confirm' | 'decline'): Promise<void> => {
    const { status } = await maria.browser.submit(`/pin/${how}`, (await type(await code(client))).filled());
    expect(status).toBe(303);
  };

  const kept = (): Kept => JSON.parse(readFileSync(state, 'utf8')) as Kept;
  const keep = (changes: object): void =>
    writeFileSync(state, JSON.stringify({ ...kept(), ...changes }), { mode: 0o600 });
  const signIns = (): Promise<AppSignIn[]> => broker.app.get(AppSignIns).of(maria.person.id as AccountId);

  test('shows a code, waits as it is told, signs in, finds the server and enters it', async () => {
    const client = start();
    expect(await code(client)).toMatch(/^[B-Z]{4}-[B-Z]{4}$/);
    await client.printed(/█/);
    expect(client.out).toContain(`Open ${url}/pin and type`);
    const waits = [await wait(client), await wait(client, 1_000)];
    await client.pause().then((ms) => waits.push(ms));
    expect(waits).toEqual([5_000, 5_000, 10_000]);
    const page = await type(await code(client));
    for (const text of ['TV sample', 'Terminal', 'see your servers']) expect(page.text).toContain(text);
    expect(await signIns()).toEqual([]);
    await answer(client, 'confirm');
    broker.clock.advance(10_000);
    client.goOn();
    expect(await client.done()).toContain(entered);
    expect(client.asked.filter((line) => line.startsWith('POST'))).toEqual([
      'POST /oidc/device-authorization 200',
      'POST /oidc/token 400',
      'POST /oidc/token 400',
      REFRESHED,
    ]);
  });

  test('is let in as what it is, and as nothing more', async () => {
    expect(await signIns()).toMatchObject([
      { clientId: 'signpost-device', appName: 'TV sample', deviceName: 'Terminal' },
    ]);
    const claims = decodeJwt<AccessTokenClaims>(kept().access);
    expect(claims).toMatchObject({ aud: `${url}/api/v1`, scope: 'servers:read', sub: maria.person.id });
    expect(statSync(state).mode & 0o777).toBe(0o600);
  });

  test('asks one question the second time, and no code', async () => {
    const client = start();
    expect((await client.done()).trim()).toBe(entered);
    expect(client.asked.filter((line) => line.includes('/api/') || line.includes('/oidc/'))).toEqual([
      'GET /api/v1/servers 304',
    ]);
    expect(client.asked).toContain('GET /System/Info/Public 200');
  });

  test('gets a new access token when the old one ends, and keeps the next refresh token', async () => {
    const before = kept();
    keep({ expiresAt: 0 });
    const client = start();
    expect(await client.done()).toContain(entered);
    expect(client.asked).toContain(REFRESHED);
    expect(client.asked.join()).not.toContain(' 401');
    expect(kept().refresh).not.toBe(before.refresh);
    expect(kept().access).not.toBe(before.access);
    expect(await signIns()).toHaveLength(1);
  });

  test('does so too when the API refuses the token that it holds for good', async () => {
    const before = kept();
    broker.clock.advance(16 * MINUTE);
    const client = start();
    expect(await client.done()).toContain(entered);
    expect(client.asked).toEqual(
      expect.arrayContaining(['GET /api/v1/servers 401', REFRESHED, 'GET /api/v1/servers 304']),
    );
    expect(kept().refresh).not.toBe(before.refresh);
    expect(statSync(state).mode & 0o777).toBe(0o600);
  });

  test('shows a new code when the person has ended it, and when that code is over', async () => {
    const [old] = await signIns();
    await broker.app.get(AppSignIns).end(old?.id ?? '', maria.person.id as AccountId);
    const client = start();
    const first = await code(client);
    await client.pause();
    broker.clock.advance(10 * MINUTE);
    client.out = '';
    client.goOn();
    expect(await code(client)).not.toBe(first);
    await client.pause();
    await answer(client, 'confirm');
    client.goOn();
    expect(await client.done()).toContain(entered);
  });

  test('ends when the person says no', async () => {
    const client = start(url, join(folder, 'refused.json'));
    await client.pause();
    await answer(client, 'decline');
    client.goOn();
    await expect(client.done()).rejects.toThrow(/not signed in: access_denied/);
  });

  test('works with the list of last time while the broker is away', async () => {
    await broker.close();
    keep({ expiresAt: 0 });
    const out = await start().done();
    expect(out).toContain('The broker is away');
    expect(out).toContain(entered);
  });

  test('sends no key to a server that is another one', async () => {
    const { list } = kept();
    for (const one of list.servers) one.systemId = 'somebody-else';
    keep({ list });
    const client = start();
    expect(await client.done()).toContain('Den: not reachable');
    expect(client.asked).toEqual(['GET /System/Info/Public 200']);
  });

  test('is one file of less than 150 lines, without a dependency', () => {
    const text = readFileSync(PROGRAM, 'utf8');
    expect(text.split('\n').length).toBeLessThan(150);
    const imports = [...(text + readFileSync(QR_CODE, 'utf8')).matchAll(/from '([^']+)'/g)].map(
      ([, name]) => name,
    );
    expect(imports.filter((name) => !name?.startsWith('node:'))).toEqual(['./qr-code.mjs']);
  });
});

describe('the race for the best address (RFC 8305)', () => {
  const after =
    (ms: number, name: string): Attempt =>
    (signal) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => resolve(name), ms);
        signal.addEventListener('abort', () => {
          clearTimeout(timer);
          reject(new Error('too late'));
        });
      });
  const failing: Attempt = () => Promise.reject(new Error('no'));
  const started: string[] = [];
  const noted =
    (name: string, attempt: Attempt): Attempt =>
    (signal) => {
      started.push(name);
      return attempt(signal);
    };

  test('starts no second one when the first answers in time', async () => {
    started.length = 0;
    const { race } = await load<Sample>(PROGRAM);
    const won = await race([noted('a', after(1, 'a')), noted('b', after(1, 'b'))], 60_000);
    expect([won, started]).toEqual(['a', ['a']]);
  });

  test('starts the second one at once when the first fails', async () => {
    const { race } = await load<Sample>(PROGRAM);
    const since = performance.now();
    expect(await race([failing, failing, after(1, 'c')], 60_000)).toBe('c');
    expect(performance.now() - since).toBeLessThan(50_000);
  });

  test('starts the second one beside a slow first, and lets the quicker win', async () => {
    const { race } = await load<Sample>(PROGRAM);
    expect(await race([after(10_000, 'a'), after(1, 'b')], 10)).toBe('b');
  });

  test('fails when all fail', async () => {
    const { race } = await load<Sample>(PROGRAM);
    await expect(race([failing, failing], 10)).rejects.toThrow();
  });
});

describe('its QR code', () => {
  test.each(['https://signpost.example.org/pin?pin=BCDF-GHJK', 'x', 'y'.repeat(106), 'ä€🎬'])(
    'of %j is the one that a library makes',
    async (text) => {
      const { modules } = await load<QrSample>(QR_CODE);
      const fixed = {
        ecc: 'L',
        minVersion: 5,
        maxVersion: 5,
        maskPattern: 0,
        border: 0,
        boostEcc: false,
      } as const;
      expect(modules(text)).toEqual(encode(text, fixed).data);
    },
  );

  test('of a text that is too long is none', async () => {
    const { modules } = await load<QrSample>(QR_CODE);
    expect(modules('x'.repeat(107))).toBeNull();
  });
});

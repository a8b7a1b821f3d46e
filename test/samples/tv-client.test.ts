import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { encode } from 'uqr';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { LinksService } from '../../src/features/links/index.js';
import type { ServerId } from '../../src/shared/ids.js';
import { signIn } from '../api/app-token.js';
import { account } from '../connect/cast.js';
import { MediaServer } from '../simulator/media-server.js';
import { TestBroker } from '../support/broker.js';
import { OAuthFront } from './oauth-front.js';

const PROGRAM = inCheckout('docs/samples/tv-client/tv-client.mjs');
const QR_CODE = inCheckout('docs/samples/tv-client/qr-code.mjs');

type Attempt = (signal: AbortSignal) => Promise<string>;
interface Sample {
  readonly race: (attempts: readonly Attempt[], staggerMs?: number) => Promise<string>;
}
interface QrSample {
  readonly modules: (text: string) => boolean[][] | null;
}

const load = async <T>(file: string): Promise<T> => (await import(pathToFileURL(file).href)) as T;

describe('the sample TV client', () => {
  let broker: TestBroker;
  let front: OAuthFront;
  let server: MediaServer;
  const folder = mkdtempSync(join(tmpdir(), 'signpost-tv-'));
  const state = join(folder, 'tv.json');

  beforeAll(async () => {
    broker = await TestBroker.start();
    const maria = await account(broker, 'maria');
    server = new MediaServer({ broker: broker.url, name: 'Den' });
    await server.start();
    server.addUser('local-maria');
    await server.linkUser('local-maria', 'maria');
    const serverId = server.registration?.id as ServerId;
    await broker.app.get(LinksService).accept(maria.id, { serverId });
    front = new OAuthFront(broker.url, async () => (await signIn(broker, maria, ['servers:read'])).token);
    await front.start();
  });
  afterAll(async () => {
    await server.stop();
    await broker.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs it as a person would. @returns what it printed */
  function run(url = front.url): Promise<string> {
    return new Promise((resolve, reject) => {
      execFile(process.execPath, [PROGRAM, url, state], { timeout: 30_000 }, (error, out, err) => {
        if (error) reject(new Error(`${error.message}\n${out}\n${err}`));
        else resolve(out);
      });
    });
  }

  test('shows a code, signs in, finds the server and enters it; the second time without a code', async () => {
    const entered = `Den: ${server.address}, signed in as ${server.user('local-maria').id}`;
    const first = await run();
    expect(first).toContain(`Open ${front.url}/pin and type BCDF-GHJK`);
    expect(first).toContain('█');
    expect(first).toContain(entered);
    expect(statSync(state).mode & 0o777).toBe(0o600);
    front.seen.length = 0;
    expect((await run()).trim()).toBe(entered);
    expect(front.seen).toEqual([{ what: 'GET /api/v1/servers', status: 304 }]);
  });

  test('gets a new access token with its refresh token, and keeps the next one', async () => {
    const before = JSON.parse(readFileSync(state, 'utf8')) as { access: string; refresh: string };
    writeFileSync(state, JSON.stringify({ ...before, access: 'a.b.c' }), { mode: 0o600 });
    expect(await run()).toContain('signed in as');
    const after = JSON.parse(readFileSync(state, 'utf8')) as { access: string; refresh: string };
    expect(after.access.split('.')).toHaveLength(3);
    expect([after.access, after.refresh]).not.toEqual([before.access, before.refresh]);
  });

  test('works with the list of last time while the broker is away', async () => {
    const { url } = front;
    await front.stop();
    const out = await run(url);
    expect(out).toContain('The broker is away');
    expect(out).toContain('signed in as');
  });

  test('sends no key to a server that is another one', async () => {
    const { url } = { url: 'http://127.0.0.1:9' };
    const kept = JSON.parse(readFileSync(state, 'utf8')) as { list: { servers: { systemId: string }[] } };
    for (const one of kept.list.servers) one.systemId = 'somebody-else';
    writeFileSync(state, JSON.stringify(kept), { mode: 0o600 });
    const asked = server.exchanges.length;
    expect(await run(url)).toContain('Den: not reachable');
    const paths = server.exchanges.slice(asked).map((exchange) => JSON.stringify(exchange));
    expect(paths.filter((path) => /Exchange/i.test(path))).toEqual([]);
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
        setTimeout(() => resolve(name), ms);
        signal.addEventListener('abort', () => reject(new Error('too late')));
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
    const won = await race([noted('a', after(1, 'a')), noted('b', after(1, 'b'))], 5_000);
    expect([won, started]).toEqual(['a', ['a']]);
  });

  test('starts the second one at once when the first fails', async () => {
    const { race } = await load<Sample>(PROGRAM);
    const since = performance.now();
    expect(await race([failing, failing, after(1, 'c')], 5_000)).toBe('c');
    expect(performance.now() - since).toBeLessThan(2_000);
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
  test.each(['https://signpost.example.org/pin?user_code=BCDF-GHJK', 'x', 'y'.repeat(106), 'ä€🎬'])(
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

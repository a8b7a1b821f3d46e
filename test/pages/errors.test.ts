import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { VerificationService } from '../../src/features/accounts/index.js';
import { TestBroker } from '../support/broker.js';
import { Answer, Browser } from './browser.js';

const FORM = 'application/x-www-form-urlencoded';

const CONTENT_SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; " +
  "worker-src 'self'; require-trusted-types-for 'script'";

describe('refusals and headers of the pages', () => {
  let broker: TestBroker;
  beforeAll(async () => {
    broker = await TestBroker.start({ PUBLIC_URL: 'https://signpost.example' });
  });
  afterAll(() => broker.remove());

  const browser = (headers: Record<string, string> = {}): Browser => new Browser(broker, headers);
  const send = async (path: string, init: RequestInit): Promise<Answer> => {
    return Answer.of(await fetch(broker.url + path, init));
  };

  const fail = async (error: Error): Promise<Answer> => {
    const spy = jest.spyOn(broker.app.get(VerificationService), 'getByToken').mockRejectedValueOnce(error);
    try {
      return await browser().open('/confirm?token=1');
    } finally {
      spy.mockRestore();
    }
  };

  test('every status carries the headers of a page, and a whole page', async () => {
    const answers = [
      [200, await browser().open('/')],
      [200, await browser().open('/', 'HEAD')],
      [400, await browser().open('/confirm?token=a&token=b')],
      [403, await browser({ 'Sec-Fetch-Site': 'cross-site' }).submit('/pin', {})],
      [404, await browser().open('/nothing/here')],
      [404, await browser().open('/nothing', 'POST')],
      [410, await browser().open('/confirm?token=x')],
      [
        413,
        await send('/sign-up', {
          method: 'POST',
          headers: { 'Content-Type': FORM },
          body: 'a'.repeat(17_000),
        }),
      ],
      [414, await browser().open(`/pin?pin=${'B'.repeat(3_000)}`)],
      [
        415,
        await send('/sign-up', {
          method: 'POST',
          headers: { 'Content-Type': 'application/json' },
          body: '{}',
        }),
      ],
      [503, await fail(new Error('the disk is gone'))],
    ] as const;
    for (const [status, { status: actual, headers, html }] of answers) {
      expect(actual).toBe(status);
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(headers.get('content-security-policy')).toBe(CONTENT_SECURITY_POLICY);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect(headers.get('permissions-policy')).toContain('camera=()');
      expect(headers.get('strict-transport-security')).toBe('max-age=31536000');
      expect(headers.get('server')).toBeNull();
      expect(headers.get('set-cookie')).toBeNull();
      if (html === '') continue;
      expect(html).toMatch(/^<!doctype html><html lang="en">/);
      expect(html).toContain('name="viewport"');
      expect(html.match(/<h1>/g)).toHaveLength(1);
      expect(html).toMatch(/href="\//);
    }
  });

  test('trouble is 503 with a time to come back, and gives nothing away', async () => {
    const answer = await fail(new Error('SELECT secret FROM disk'));
    expect([answer.status, answer.heading]).toEqual([503, 'Signpost is in trouble']);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(answer.html).not.toContain('SELECT');
  });

  test('each kind of failure has words of its own', async () => {
    expect((await browser().open('/nothing')).heading).toBe('There is nothing here');
    expect((await browser().open('/confirm')).heading).toBe('This link does not work any more');
    const tooMuch = await send('/pin', {
      method: 'POST',
      headers: { 'Content-Type': FORM },
      body: 'a'.repeat(20_000),
    });
    expect(tooMuch.heading).toBe('That was too much');
    expect(tooMuch.headers.get('connection')).toBe('close');
  });

  test.each([
    ['application/json', '{"userName":"x"}'],
    ['multipart/form-data; boundary=x', '--x--'],
    ['text/plain', 'userName=x'],
    ['', 'userName=x'],
  ])('a body of type %j is refused with 415', async (type, body) => {
    const answer = await send('/sign-up', {
      method: 'POST',
      headers: type === '' ? {} : { 'Content-Type': type },
      body: Buffer.from(body),
    });
    expect([answer.status, answer.heading]).toEqual([415, 'That was not understood']);
  });

  test('a compressed form, broken UTF-8 and a field with two values are refused', async () => {
    const headers = { 'Content-Type': `${FORM}; charset=utf-8` };
    const post = { method: 'POST', headers };
    const zipped = { method: 'POST', headers: { ...headers, 'Content-Encoding': 'gzip' }, body: 'token=1' };
    expect((await send('/confirm', zipped)).status).toBe(415);
    expect((await send('/confirm', { ...post, body: Buffer.from([0x70, 0xff, 0xfe]) })).status).toBe(400);
    expect((await send('/confirm', { ...post, body: 'token=a&token=b' })).status).toBe(400);
    expect(
      (await send('/confirm', { ...post, body: 'token=a&token=a&__proto__=x&constructor=y' })).status,
    ).toBe(410);
  });

  test.each([
    [{ 'Sec-Fetch-Site': 'cross-site' }, 403],
    [{ 'Sec-Fetch-Site': 'same-site' }, 403],
    [{ Origin: 'https://evil.example' }, 403],
    [{ Origin: 'https://evil.example', 'Sec-Fetch-Site': 'same-origin' }, 403],
    [{ Origin: 'http://signpost.example' }, 403],
    [{ Origin: 'null', 'Sec-Fetch-Site': 'cross-site' }, 403],
    [{ Origin: 'nonsense' }, 403],
    [{ Origin: 'https://signpost.example' }, 410],
    [{ Origin: 'https://signpost.example', 'Sec-Fetch-Site': 'same-origin' }, 410],
    [{ Origin: 'null', 'Sec-Fetch-Site': 'same-origin' }, 410],
    [{ Origin: 'null' }, 410],
    [{}, 410],
  ])('a form sent with %j is answered %d', async (headers, status) => {
    const answer = await browser(headers).submit('/confirm', { token: 'x', password: 'y' });
    expect(answer.status).toBe(status);
    if (status === 403) expect(answer.heading).toBe('Stopped for your safety');
  });

  test('a form sent from the address at which the broker was reached is taken', async () => {
    const answer = await browser({ Origin: broker.url }).submit('/confirm', { token: 'x' });
    expect(answer.status).toBe(410);
  });

  test('style sheet and mark are kept for ever, and change their name with their content', async () => {
    const { html } = await browser().open('/');
    const paths = [...html.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
    expect(new Set(paths).size).toBe(2);
    let bytes = html.length;
    for (const path of new Set(paths)) {
      expect(path).toMatch(/^\/assets\/\w+\.[0-9a-f]{12}\.(css|svg)$/);
      const answer = await browser().open(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toMatch(/^(text\/css|image\/svg\+xml)/);
      expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(answer.headers.get('cross-origin-resource-policy')).toBe('same-origin');
      expect((await browser().open(path, 'HEAD')).status).toBe(200);
      bytes += answer.html.length;
    }
    expect(bytes).toBeLessThan(60_000);
  });

  test.each(['/assets/site.css', '/assets/..%2f..%2fmain.js', '/assets/', '/assets/site.000000000000.css'])(
    'nothing else is served from files: %s',
    async (path) => {
      expect((await browser().open(path)).status).toBe(404);
    },
  );

  test('the wire protocol keeps its own headers', async () => {
    const { headers } = await browser().open('/service/ip');
    expect(headers.get('content-security-policy')).toContain('sandbox');
    expect(headers.get('cross-origin-opener-policy')).toBeNull();
  });
});

describe('a broker on plain http', () => {
  test('promises no https', async () => {
    const broker = await TestBroker.start();
    const { headers } = await new Browser(broker).open('/');
    expect(headers.get('strict-transport-security')).toBeNull();
    await broker.remove();
  });
});

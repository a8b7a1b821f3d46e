import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, loadConfig, withPort, type Environment } from './index.js';
import { settings } from './settings.js';

function mistakesIn(environment: Environment): readonly string[] {
  try {
    loadConfig(environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
}

describe('settings', () => {
  test('that are not set have their defaults, and what follows from them is filled in', () => {
    const config = loadConfig({});
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 8095,
      publicUrl: 'http://localhost:8095',
      keyRingFile: 'data/keyring.json',
      databaseUrl: undefined,
      signUp: 'open',
      legacyMd5Login: false,
      deviceTokenIdleTtl: 90 * 86_400_000,
      loopbackOnly: true,
    });
  });

  test('that are set to nothing, or to spaces, count as not set', () => {
    const empty = Object.fromEntries(Object.values(settings).map(({ name }) => [name, ' ']));
    expect(loadConfig(empty)).toEqual(loadConfig({}));
  });

  test('cannot be changed by who reads them', () => {
    expect(Object.isFrozen(loadConfig({}))).toBe(true);
  });

  test('that are wrong are all told, each by its name', () => {
    const mistakes = mistakesIn({
      PORT: '70000',
      LOG_LEVEL: 'loud',
      PIN_TTL_SECONDS: '0',
      LIMIT_BODY_BYTES: '-1',
    });
    expect(mistakes.map((mistake) => mistake.split(' ')[0]).sort()).toEqual([
      'LIMIT_BODY_BYTES',
      'LOG_LEVEL',
      'PIN_TTL_SECONDS',
      'PORT',
    ]);
  });

  test.each([
    [{ PORT: '80.5' }, 'PORT must be a whole number'],
    [{ PORT: '0x50' }, 'PORT must be a whole number'],
    [{ PORT: '1e3' }, 'PORT must be a whole number'],
    [{ LEGACY_MD5_LOGIN: 'TRUE' }, 'LEGACY_MD5_LOGIN must be true or false'],
    [{ DATABASE_URL: 'mysql://x/y' }, 'DATABASE_URL must be a URL starting with postgres://'],
    [{ DATABASE_URL: 'postgres://u:p@127.0.0.1:1,127.0.0.1:2/x' }, 'DATABASE_URL must name one host'],
    [{ DATABASE_URL: 'postgres://one.example,two.example/x?sslmode=verify-full' }, 'must name one host'],
    [{ LIMIT_PASSWORD_MIN_LENGTH: '7' }, 'LIMIT_PASSWORD_MIN_LENGTH must be a whole number from 8'],
    [{ PASSWORD_MEMORY_KIB: '1024' }, 'PASSWORD_MEMORY_KIB must be a whole number from 19456'],
    [{ PASSWORD_ITERATIONS: '1' }, 'PASSWORD_ITERATIONS must be a whole number from 2'],
    [{ TRUST_PROXY: '::/0' }, 'TRUST_PROXY would trust everybody'],
    [{ PUBLIC_URL: 'https://example.org/path' }, 'PUBLIC_URL must be an origin'],
    [{ PUBLIC_URL: 'https://user@example.org' }, 'PUBLIC_URL must be an origin'],
    [{ PUBLIC_URL: 'javascript:alert(1)' }, 'PUBLIC_URL must be an origin'],
    [{ PORT: '9095' }, 'OPS_PORT must differ from PORT'],
    [{ SIGNING_KEY_OVERLAP_SECONDS: '1799' }, 'SIGNING_KEY_OVERLAP_SECONDS must be at least 1800'],
    [{ MAIL_FROM: 'nobody' }, 'MAIL_FROM must be an address'],
    [{ DEVICE_TOKEN_TTL_SECONDS: '60' }, 'DEVICE_TOKEN_IDLE_TTL_SECONDS must not exceed'],
    [{ REDIS_URL: 'redis://127.0.0.1' }, 'REDIS_URL is for several nodes on one PostgreSQL'],
    [
      { REDIS_URL: 'redis://redis.example', DATABASE_URL: 'postgres://127.0.0.1/x' },
      'REDIS_URL names another machine without TLS',
    ],
    [{ LIMITS: 'off', HOST: '0.0.0.0', ALLOW_PLAINTEXT: 'true' }, 'LIMITS=off is refused'],
  ])('are refused in words: %j', (environment: Environment, words) => {
    expect(mistakesIn(environment)).toEqual([expect.stringContaining(words)]);
  });

  test('do not forbid a comma in a password', () => {
    expect(loadConfig({ DATABASE_URL: 'postgres://u:a,b@127.0.0.1/x' }).databaseUrl).toContain('a,b');
  });

  test('never have a secret repeated in a message', () => {
    const mistakes = mistakesIn({ DATABASE_URL: 'hunter2', SMTP_URL: 'http://user:hunter2@host' });
    expect(mistakes).toHaveLength(2);
    expect(mistakes.join()).not.toContain('hunter2');
  });

  test('without PUBLIC_URL follow the port that was found free; with it they do not', () => {
    expect(withPort(loadConfig({ PORT: '0' }), 4_711).publicUrl).toBe('http://localhost:4711');
    const set = loadConfig({ PORT: '0', PUBLIC_URL: 'https://signpost.example/' });
    expect(withPort(set, 4_711)).toMatchObject({ port: 4_711, publicUrl: 'https://signpost.example' });
  });
});

describe('a secret in a file', () => {
  let folder = '';
  const file = (): string => join(folder, 'secret');
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'signpost-config-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test.each(['DATABASE_URL', 'SMTP_URL', 'REDIS_URL'])(
    'is read for %s_FILE, without the line break at its end',
    (name) => {
      const url = `${name === 'DATABASE_URL' ? 'postgres' : name.slice(0, -4).toLowerCase()}://u:p@127.0.0.1/x`;
      writeFileSync(file(), `${url}\n`);
      const needed = name === 'REDIS_URL' ? { DATABASE_URL: 'postgres://127.0.0.1/x' } : {};
      const config = loadConfig({ ...needed, [`${name}_FILE`]: file() });
      expect(Object.values(config)).toContain(url);
    },
  );

  test('and beside it is one too many', () => {
    writeFileSync(file(), 'smtp://a');
    expect(mistakesIn({ SMTP_URL: 'smtp://b', SMTP_URL_FILE: file() })).toEqual([
      'SMTP_URL and SMTP_URL_FILE are both set: keep one',
    ]);
  });

  test('that is missing or empty is a mistake: no other database is taken instead', () => {
    expect(mistakesIn({ DATABASE_URL_FILE: file() })).toEqual([
      `DATABASE_URL_FILE cannot be read: ${file()}`,
    ]);
    writeFileSync(file(), ' \n');
    expect(mistakesIn({ DATABASE_URL_FILE: file() })).toEqual([
      `DATABASE_URL_FILE names an empty file: ${file()}`,
    ]);
  });
});

import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { completeConfig, type Config } from './config.js';
import { isLoopbackHost } from './loopback.js';
import type { Setting } from './setting.js';
import { settings, type SettingValues } from './settings.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Every mistake in the settings, one sentence each; the process ends with exit code 78 (EX_CONFIG of sysexits.h). */
export class ConfigError extends Error {
  constructor(readonly mistakes: readonly string[]) {
    super(
      ['Signpost cannot start with these settings:', ...mistakes.map((mistake) => `  - ${mistake}`)].join(
        '\n',
      ),
    );
    this.name = 'ConfigError';
  }
}

/**
 * The environment over the file `.env` of the working directory.
 *
 * @throws ConfigError naming every mistake at once
 */
export function loadConfig(environment: Environment = readEnvironment()): Config {
  const mistakes: string[] = [];
  const unread = new Set<string>();
  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(settings)) {
    const before = mistakes.length;
    values[key] = readSetting(setting, environment, mistakes);
    if (mistakes.length > before) unread.add(key);
  }
  mistakes.push(...contradictions(values, unread));
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return Object.freeze(completeConfig(values as SettingValues));
}

/** What stands in the process's environment, over `.env` where that exists. */
function readEnvironment(): Environment {
  return { ...readEnvironmentFile(), ...process.env };
}

function readEnvironmentFile(): Environment {
  if (!existsSync('.env')) return {};
  try {
    return parseEnv(readFileSync('.env', 'utf8'));
  } catch (error) {
    throw new ConfigError([`the file .env cannot be read: ${(error as Error).message}`]);
  }
}

function readSetting(setting: Setting<unknown>, environment: Environment, mistakes: string[]): unknown {
  const given = readText(setting, environment, mistakes);
  const result = setting.schema.safeParse(given ?? setting.fallback);
  if (result.success) return result.data;
  mistakes.push(...result.error.issues.map((issue) => `${setting.name} ${issue.message}`));
  return undefined;
}

function readText(
  setting: Setting<unknown>,
  environment: Environment,
  mistakes: string[],
): string | undefined {
  const direct = textOf(environment[setting.name]);
  const file = setting.secret ? textOf(environment[`${setting.name}_FILE`]) : undefined;
  if (file === undefined) return direct;
  if (direct !== undefined) mistakes.push(`${setting.name} and ${setting.name}_FILE are both set: keep one`);
  return readSecret(`${setting.name}_FILE`, file, mistakes);
}

/** An empty file is a mistake, not "unset": a broker must not start on another database because a secret is missing. */
function readSecret(name: string, file: string, mistakes: string[]): string | undefined {
  try {
    const secret = textOf(readFileSync(file, 'utf8'));
    if (secret === undefined) mistakes.push(`${name} names an empty file: ${file}`);
    return secret;
  } catch {
    mistakes.push(`${name} cannot be read: ${file}`);
    return undefined;
  }
}

/** A variable that is set to nothing counts as not set, as compose files and unit files often do it. */
function textOf(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed === '' ? undefined : trimmed;
}

const SENDER = /^(?:[^<>\r\n]*<[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/;

/** Settings that are fine one by one and wrong together: which, when, and what to say of it. */
interface Contradiction {
  readonly between: readonly (keyof SettingValues)[];
  readonly isThere: (values: SettingValues) => boolean;
  readonly message: string;
}

const CONTRADICTIONS: readonly Contradiction[] = [
  {
    between: ['publicUrl'],
    isThere: ({ publicUrl }) => publicUrl !== '' && !isOrigin(publicUrl),
    message: 'PUBLIC_URL must be an origin such as https://signpost.example.org, without a path',
  },
  {
    between: ['limits', 'host'],
    isThere: ({ limits, host }) => limits === 'off' && !isLoopbackHost(host),
    message: 'LIMITS=off is refused unless HOST is loopback: anybody could guess PINs',
  },
  {
    between: ['host', 'trustProxy', 'allowPlaintext'],
    isThere: ({ host, trustProxy, allowPlaintext }) =>
      !isLoopbackHost(host) && trustProxy.isEmpty && !allowPlaintext,
    message:
      'HOST opens the broker to other machines without TLS: put a TLS proxy in front and name it in TRUST_PROXY, or set ALLOW_PLAINTEXT=true for a network that you trust (S-82)',
  },
  {
    between: ['databaseUrl', 'allowPlaintext'],
    isThere: ({ databaseUrl, allowPlaintext }) =>
      databaseUrl !== undefined && !allowPlaintext && !isPrivateDatabase(databaseUrl),
    message:
      'DATABASE_URL names another machine without verified TLS: add ?sslmode=verify-full, or set ALLOW_PLAINTEXT=true for a network that you trust (S-82)',
  },
  {
    between: ['redisUrl', 'databaseUrl'],
    isThere: ({ redisUrl, databaseUrl }) => redisUrl !== undefined && databaseUrl === undefined,
    message:
      'REDIS_URL is for several nodes on one PostgreSQL: set DATABASE_URL too, else each node would have accounts of its own',
  },
  {
    between: ['redisUrl', 'allowPlaintext'],
    isThere: ({ redisUrl, allowPlaintext }) =>
      redisUrl !== undefined && !allowPlaintext && !isPrivateRedis(redisUrl),
    message:
      'REDIS_URL names another machine without TLS: use rediss://, or set ALLOW_PLAINTEXT=true for a network that you trust (S-82)',
  },
  {
    between: ['signingKeyOverlap'],
    isThere: ({ signingKeyOverlap }) => signingKeyOverlap < 30 * 60_000,
    message:
      'SIGNING_KEY_OVERLAP_SECONDS must be at least 1800: new keys would sign before all nodes and sites know them (S-55)',
  },
  {
    between: ['port', 'opsPort'],
    isThere: ({ port, opsPort }) => port !== 0 && port === opsPort,
    message: 'OPS_PORT must differ from PORT',
  },
  {
    between: ['deviceTokenIdleTtl', 'deviceTokenTtl'],
    isThere: ({ deviceTokenIdleTtl, deviceTokenTtl }) => deviceTokenIdleTtl > deviceTokenTtl,
    message: 'DEVICE_TOKEN_IDLE_TTL_SECONDS must not exceed DEVICE_TOKEN_TTL_SECONDS',
  },
  {
    between: ['appIdleTtl', 'appTtl'],
    isThere: ({ appIdleTtl, appTtl }) => appIdleTtl > appTtl,
    message: 'APP_IDLE_TTL_SECONDS must not exceed APP_TTL_SECONDS',
  },
  {
    between: ['mailFrom'],
    isThere: ({ mailFrom }) => !SENDER.test(mailFrom),
    message: 'MAIL_FROM must be an address such as Signpost <signpost@example.org>',
  },
];

/** Only between settings that could be read: the others have their own message already. */
function contradictions(values: Partial<SettingValues>, unread: ReadonlySet<string>): string[] {
  const readable = CONTRADICTIONS.filter(({ between }) => !between.some((key) => unread.has(key)));
  return readable.filter(({ isThere }) => isThere(values as SettingValues)).map(({ message }) => message);
}

/** On this machine, by socket, or with a certificate that is checked. */
function isPrivateDatabase(databaseUrl: string): boolean {
  const { hostname, searchParams } = new URL(databaseUrl);
  const host = hostname.replace(/^\[|\]$/g, '');
  return host === '' || isLoopbackHost(host) || searchParams.get('sslmode') === 'verify-full';
}

function isPrivateRedis(redisUrl: string): boolean {
  const { protocol, hostname } = new URL(redisUrl);
  return protocol === 'rediss:' || isLoopbackHost(hostname.replace(/^\[|\]$/g, ''));
}

function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const bare = url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  return bare && (url.protocol === 'https:' || url.protocol === 'http:');
}

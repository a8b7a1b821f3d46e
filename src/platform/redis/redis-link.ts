import type { Redis, RedisOptions } from 'ioredis';
import type { Log } from '../logging/log.js';
import { gauge, histogram } from '../metrics/metrics.js';
import { isAbsence, RedisAway } from './redis-away.js';

const questions = histogram({
  name: 'signpost_redis_duration_seconds',
  help: 'Questions to Redis, where REDIS_URL is set: answered, failed (or not within 50 ms), or not asked because it is away.',
  labels: { outcome: ['answered', 'failed', 'spared'] },
});
const good = questions.series({ outcome: 'answered' });
const bad = questions.series({ outcome: 'failed' });
const spared = questions.series({ outcome: 'spared' });
const away = gauge({
  name: 'signpost_redis_away',
  help: '1 while Redis is away and every node counts its share of the limits by itself; not there without REDIS_URL.',
  labels: {},
});

/** No request waits longer for Redis. */
const ANSWER_TIMEOUT_MS = 50;
/** So many failures in a row open the circuit: from then on nobody waits at all. */
const FAILURES_UNTIL_DOWN = 3;
const PROBE_EVERY_MS = 2_000;
/** With the connection's own second, back within the 3 s of R-24. */
const RECONNECT_AFTER_MS = 500;
const CONNECT_TIMEOUT_MS = 1_000;
/** A connection on which a question stays without any answer for so long is given up: packets are being dropped. */
const SILENCE_MS = 1_500;
/** The start waits so long for a Redis that is there; never for one that is not. */
const FIRST_CONNECTION_MS = 1_000;

/**
 * The way to Redis: one connection for commands, one for what is published.
 *
 * Redis may be away at any time, and nothing durable hangs on it. Nobody waits for it longer than 50 ms; after three
 * failures nobody does, until a probe shows that it is back.
 */
export class RedisLink {
  readonly #commands: Redis;
  readonly #subscriber: Redis;
  readonly #listeners = new Map<string, (message: string) => void>();
  readonly #probing: NodeJS.Timeout;
  #isUp = false;
  /** What went wrong last. */
  #reason = 'there is no connection';
  /** What was said last; undefined: nothing is said yet. */
  #reported: boolean | undefined;
  #failures = 0;
  /** Counts how often it came back: what was kept instead of it is from before. */
  #comebacks = 0;

  private constructor(
    connect: () => Redis,
    private readonly log: Log,
    private readonly patienceMs: number,
  ) {
    this.#commands = connect();
    this.#subscriber = connect();
    this.#commands.on('ready', () => void this.#probe());
    this.#commands.on('close', () => this.#goDown());
    this.#commands.on('error', (error: Error) => this.#remember(error));
    this.#subscriber.on('ready', () => this.#subscribeAgain());
    this.#subscriber.on('message', (channel: string, message: string) => {
      this.#listeners.get(channel)?.(message);
    });
    away.readBy({}, () => Number(!this.#isUp));
    this.#probing = setInterval(() => void this.#look(), PROBE_EVERY_MS);
    this.#probing.unref();
  }

  /**
   * Resolves when Redis is reached, or after a second without it: the broker works without.
   *
   * @param patienceMs how long an answer may take
   */
  static async open(url: string, log: Log, patienceMs = ANSWER_TIMEOUT_MS): Promise<RedisLink> {
    // A broker on its own has no use for it.
    const { Redis } = await import('ioredis');
    const link = new RedisLink(() => connection(Redis, url), log, patienceMs);
    await link.#firstConnection();
    return link;
  }

  /** From now on it is told when Redis goes and comes; now, if it is away. */
  report(): void {
    this.#reported = true;
    this.#report();
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  /** A number that grows each time Redis comes back. */
  get comebacks(): number {
    return this.#comebacks;
  }

  /** @throws RedisAway after 50 ms at most, at once while it is down; what else is thrown is a mistake of the question */
  async ask<T>(question: (redis: Redis) => Promise<T>): Promise<T> {
    if (!this.#isUp) {
      spared.observe(0);
      throw new RedisAway();
    }
    const since = performance.now();
    try {
      const answer = await answered(question(this.#commands), this.patienceMs);
      good.observe((performance.now() - since) / 1_000);
      this.#failures = 0;
      return answer;
    } catch (error) {
      bad.observe((performance.now() - since) / 1_000);
      if (!isAbsence(error)) throw error;
      this.#failures += 1;
      this.#remember(error);
      if (this.#failures >= FAILURES_UNTIL_DOWN) this.#goDown();
      throw new RedisAway(error);
    }
  }

  /** From now on, as long as there is a connection. In the order of publication; some may be lost. */
  listen(channel: string, listener: (message: string) => void): void {
    this.#listeners.set(channel, listener);
    this.#subscribeAgain();
  }

  close(): void {
    // That it goes now is nobody's trouble.
    this.#reported = undefined;
    clearInterval(this.#probing);
    this.#listeners.clear();
    for (const redis of [this.#commands, this.#subscriber]) redis.disconnect();
  }

  #subscribeAgain(): void {
    const channels = [...this.#listeners.keys()];
    if (channels.length === 0 || this.#subscriber.status !== 'ready') return;
    // Whoever listens notices by itself that nothing comes; the next connection subscribes again.
    this.#subscriber.subscribe(...channels).catch(() => this.#subscriber.disconnect(true));
  }

  async #look(): Promise<void> {
    if (!this.#isUp) await this.#probe();
    // Without a question a connection that lost its other end would stay for ever (`SILENCE_MS`).
    if (this.#subscriber.status === 'ready') await this.#subscriber.ping().catch(() => undefined);
  }

  async #probe(): Promise<void> {
    if (this.#commands.status !== 'ready') return;
    try {
      // A write: a Redis that is full or a replica answers questions and counts nothing.
      await answered(this.#commands.set('signpost:probe', '1', 'PX', PROBE_EVERY_MS), this.patienceMs);
      this.#failures = 0;
      if (this.#isUp) return;
      this.#isUp = true;
      this.#comebacks += 1;
      this.#report();
    } catch (error) {
      this.#remember(error);
      this.#goDown();
    }
  }

  #remember(error: unknown): void {
    if (error instanceof Error && error.message !== '') this.#reason = error.message;
  }

  #goDown(): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#report();
  }

  #report(): void {
    if (this.#reported === undefined || this.#reported === this.#isUp) return;
    this.#reported = this.#isUp;
    if (this.#isUp) this.log.info({ setting: 'REDIS_URL' }, 'Redis is back');
    else
      this.log.warn(
        { setting: 'REDIS_URL', reason: this.#reason },
        'Redis is away: every node allows its share of the limits, and lists are read each time',
      );
  }

  #firstConnection(): Promise<void> {
    return new Promise((resolve) => {
      const enough = setTimeout(resolve, FIRST_CONNECTION_MS);
      const done = (): void => {
        clearTimeout(enough);
        resolve();
      };
      this.#commands.once('ready', () => void this.#probe().finally(done));
      this.#commands.once('error', done);
    });
  }
}

function connection(Driver: typeof Redis, url: string): Redis {
  const redis = new Driver(optionsOf(new URL(url)));
  // Every failure also reaches whoever asked; without a listener the driver would print it.
  redis.on('error', () => undefined);
  return redis;
}

/** Of the URL only what says where and who: the driver would take any option from its query. */
function optionsOf(url: URL): RedisOptions {
  const db = Number(url.pathname.slice(1));
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 6379 : Number(url.port),
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ...(Number.isInteger(db) ? { db } : {}),
    // The certificate and the name are verified (S-82).
    ...(url.protocol === 'rediss:' ? { tls: {} } : {}),
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SILENCE_MS,
    retryStrategy: () => RECONNECT_AFTER_MS,
    // Nothing is kept for later or sent twice: whoever asked has gone on without an answer.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // The driver's own subscribing after a reconnection would end the process when it fails.
    autoResubscribe: false,
    // Without these the driver calls a connection ready in the same turn; with them, one that was lost meanwhile too,
    // and makes no other.
    enableReadyCheck: false,
    disableClientInfo: true,
    keepAlive: 10_000,
  };
}

/**
 * The answer, if it comes in time. Timers run before the network is read: a process that was busy looks once more
 * before it blames Redis.
 */
function answered<T>(answer: Promise<T>, patienceMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      setImmediate(() => reject(new Error(`no answer within ${patienceMs} ms`)));
    }, patienceMs);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

import pg from 'pg';
import { setTimeout as pause } from 'node:timers/promises';
import { CONFIRMED_FOR_MS, type Solitude } from './solitude.js';

/** Held, shared, by every process that writes to the database; the numbers are arbitrary and ours. */
const PRESENCE = [7_420_195, 2] as const;

const LOOK_EVERY_MS = 300;
/**
 * Without an answer for so long, the connection is given up and another one made. Patient: the lock is held for as long as
 * PostgreSQL knows the connection, however busy both are.
 */
const ANSWER_TIMEOUT_MS = 5_000;
/** A process that lost the connection so long ago, and with it the lock, commits nothing more. */
const VISIBLE_FOR_MS = 2_000;
/**
 * Only after being the only one for so long does a process count itself as alone: longer than another one that lost its
 * connection may still commit (`VISIBLE_FOR_MS`, and the 1.9 s that a COMMIT may take).
 */
const SETTLES_AFTER_MS = 5_000;
/** How long a newcomer waits until whoever was alone has noticed, even if that process was stopped in the meantime. */
const NOTICED_AFTER_MS = CONFIRMED_FOR_MS + 100;

const HOLDERS = `SELECT count(*)::int AS holders FROM pg_locks
  WHERE locktype = 'advisory' AND classid = ${PRESENCE[0]} AND objid = ${PRESENCE[1]} AND objsubid = 2 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/**
 * Processes on one PostgreSQL see each other by a lock that each holds for as long as it lives.
 *
 * A lock that only one could have would not do: the others write too, and whoever had it would not hear of that. So
 * everybody shows its presence before its first write, whoever was alone asks every 300 ms and believes an answer for one
 * second, and a newcomer waits that second out. Time is measured by the monotonic clock, so that a process that was
 * stopped for a while (SIGSTOP) knows it at once.
 */
export class PostgresSolitude implements Solitude {
  readonly #listeners: (() => void)[] = [];
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** When the lock was lost; undefined while it is held. */
  #lostAt: number | undefined;
  /** When the question was sent whose answer showed us as the only one. */
  #aloneAt = -Infinity;
  #onlyOneSince = Infinity;
  #wasAlone = false;

  private constructor(private readonly url: string) {}

  /** Shows this process to the others; resolves when it may write. */
  static async open(url: string): Promise<PostgresSolitude> {
    const solitude = new PostgresSolitude(url);
    try {
      await solitude.#connect();
      await solitude.#beNoticed();
    } catch (error) {
      await solitude.close();
      throw error;
    }
    solitude.#lookAgain();
    return solitude;
  }

  isAlone(): boolean {
    const isAlone = performance.now() - this.#aloneAt < CONFIRMED_FOR_MS;
    if (this.#wasAlone && !isAlone) this.#break();
    this.#wasAlone = isAlone;
    return isAlone;
  }

  isVisible(): boolean {
    return this.#lostAt === undefined || performance.now() - this.#lostAt < VISIBLE_FOR_MS;
  }

  whenBroken(listener: () => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#aloneAt = -Infinity;
    clearTimeout(this.#timer);
    await this.#drop();
  }

  /** Waits for whoever may still believe to be alone. One that has just ended goes in the meantime. */
  async #beNoticed(): Promise<void> {
    const until = performance.now() + NOTICED_AFTER_MS;
    while ((await this.#look()) > 1 && performance.now() < until) await pause(50);
  }

  #break(): void {
    this.#onlyOneSince = Infinity;
    for (const listener of this.#listeners) listener();
  }

  #lookAgain(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      void this.#confirm().finally(() => this.#lookAgain());
    }, LOOK_EVERY_MS);
    this.#timer.unref();
  }

  /** Does not throw: what cannot be confirmed lapses by itself. */
  async #confirm(): Promise<void> {
    try {
      if (!this.#client) await this.#connect();
      await this.#look();
    } catch {
      await this.#drop();
    }
    // Whoever remembers something hears of the end also when nobody asks.
    this.isAlone();
  }

  /** @returns how many processes are present, this one included */
  async #look(): Promise<number> {
    const sentAt = performance.now();
    const result = await this.#client?.query<{ holders: number }>(HOLDERS);
    const holders = result?.rows[0]?.holders ?? 0;
    // An answer that comes too late does not prolong the one before: others may have come and gone in between.
    this.isAlone();
    if (holders === 0) throw new Error('the lock that shows this process is gone');
    this.#lostAt = undefined;
    this.#onlyOneSince = holders === 1 ? Math.min(this.#onlyOneSince, sentAt) : Infinity;
    if (sentAt - this.#onlyOneSince >= SETTLES_AFTER_MS) this.#aloneAt = sentAt;
    else this.#aloneAt = -Infinity;
    return holders;
  }

  async #connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.url,
      application_name: 'signpost presence',
      connectionTimeoutMillis: 1_000,
      query_timeout: ANSWER_TIMEOUT_MS,
      keepAlive: true,
    });
    // Without a listener the loss of the connection would end the process.
    client.on('error', () => this.#lose(client));
    client.on('end', () => this.#lose(client));
    this.#client = client;
    await client.connect();
    await client.query('SELECT pg_advisory_lock_shared($1, $2)', [...PRESENCE]);
  }

  #lose(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#lostAt ??= performance.now();
    this.#onlyOneSince = Infinity;
    this.#aloneAt = -Infinity;
  }

  /** Asks the connection to end, so that the next process finds the lock gone; cuts it if it does not answer. */
  async #drop(): Promise<void> {
    const client = this.#client;
    if (!client) return;
    this.#lose(client);
    const { connection } = client as unknown as { connection: { stream: { destroy(): void } } };
    const cut = setTimeout(() => connection.stream.destroy(), CONFIRMED_FOR_MS);
    await client.end().catch(() => connection.stream.destroy());
    clearTimeout(cut);
  }
}

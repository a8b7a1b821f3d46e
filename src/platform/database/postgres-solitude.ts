import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { CONNECT_TIMEOUT_MS, OPENING_TIMEOUT_MS, OrderlyClient, unusable } from './postgres-client.js';
import { NamedSocket } from './remembered-addresses.js';
import { CONFIRMED_FOR_MS, type Company } from './solitude.js';

/** Every process that writes to the database holds a lock of this class, under its own number; ours and arbitrary. */
const PRESENCE = 7_420_196;
/** What a process shows itself by is a signed 32-bit integer to PostgreSQL. */
const MOST_NUMBERS = 2 ** 31;

const LOOK_EVERY_MS = 300;
/**
 * Without an answer for so long, the connection is given up and another one made. Patient: the lock is held for as long as
 * PostgreSQL knows the connection, however busy both are.
 */
const ANSWER_TIMEOUT_MS = 5_000;
/** A process that lost the connection so long ago, and with it the lock, commits nothing more. */
const VISIBLE_FOR_MS = 2_000;
/**
 * For so long a process that is not seen any more counts as present: longer than one that lost its connection may still
 * commit (`VISIBLE_FOR_MS`, and the 1.9 s that a COMMIT may take).
 */
const GONE_AFTER_MS = 5_000;
/** How long a newcomer waits for those who do not say that they have noticed, such as one that was stopped in the meantime. */
const NOTICED_AFTER_MS = CONFIRMED_FOR_MS + 100;

const HOLDERS = `SELECT DISTINCT objid::int AS number FROM pg_locks
  WHERE locktype = 'advisory' AND classid = ${PRESENCE} AND objsubid = 2 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/** A newcomer says its number there, again and again; who counts on it answers with the own number and that of the newcomer. */
const CHANNEL = 'signpost_presence';
const SAY = 'SELECT pg_notify($1, $2)';
const SAY_EVERY_MS = 30;

const NOBODY: ReadonlySet<number> = new Set();

/**
 * Processes on one PostgreSQL see each other by a lock that each holds for as long as it lives.
 *
 * A lock that only one could have would not do: the others write too, and whoever had it would not hear of that. So
 * everybody shows its presence before its first write, everybody asks every 300 ms who is there and believes an answer for
 * one second, and a newcomer waits that second out, unless all who are there say before that they count on it: nobody who says
 * nothing is hurried (stopped, without an answer of the database, of a version before). Time is measured by the monotonic clock,
 * so that a process that was stopped for a while (SIGSTOP) knows it at once.
 */
export class PostgresSolitude implements Company {
  readonly number = randomInt(1, MOST_NUMBERS);
  readonly #listeners: (() => void)[] = [];
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** When the lock was lost; undefined while it is held. */
  #lostAt: number | undefined;
  /** From when on everybody else has noticed this process. */
  #noticedAt = -Infinity;
  /** When the question was sent that was answered last. */
  #confirmedAt = -Infinity;
  /** Before, others may be there that lost their lock before this process could see them. */
  #settledAt = Infinity;
  /** When the others were seen last. */
  readonly #seenAt = new Map<number, number>();
  readonly #left = new Set<number>();
  /** Who has said to count on this process. */
  readonly #noticedBy = new Set<number>();
  #others = NOBODY;
  #wasKnown = false;

  private constructor(
    private readonly url: string,
    private readonly goneAfterMs: number,
  ) {}

  /** Shows this process to the others; resolves when it may write. @throws StartupError */
  static async open(
    url: string,
    goneAfterMs = GONE_AFTER_MS,
    noticedAfterMs = NOTICED_AFTER_MS,
  ): Promise<PostgresSolitude> {
    const solitude = new PostgresSolitude(url, goneAfterMs);
    try {
      await solitude.#connect(OPENING_TIMEOUT_MS);
      await solitude.#beNoticed(noticedAfterMs);
    } catch (error) {
      await solitude.close();
      throw unusable(error);
    }
    solitude.#lookAgain();
    return solitude;
  }

  isAlone(): boolean {
    return this.others()?.size === 0;
  }

  others(): ReadonlySet<number> | null {
    const now = performance.now();
    const isKnown = now - this.#confirmedAt < CONFIRMED_FOR_MS && now >= this.#settledAt;
    if (this.#wasKnown && !isKnown) this.#break();
    this.#wasKnown = isKnown;
    return isKnown ? this.#others : null;
  }

  hasLeft(number: number): void {
    this.#left.add(number);
    this.#seenAt.delete(number);
    this.#others = new Set(this.#seenAt.keys());
  }

  isVisible(): boolean {
    const now = performance.now();
    const isShown = this.#lostAt === undefined || now - this.#lostAt < VISIBLE_FOR_MS;
    return isShown && now >= this.#noticedAt;
  }

  /** The lowest number, so that nobody has to agree on it: as the leases between nodes, it rests on the locks alone. */
  leads(): boolean {
    const others = this.others();
    return others === null || [...others].every((number) => this.number < number);
  }

  whenBroken(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Shows itself by another connection: this one may lead to a primary that is none any more. */
  renew(): void {
    void this.#drop();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#confirmedAt = -Infinity;
    clearTimeout(this.#timer);
    await this.#drop();
  }

  /** Waits for whoever may not know of this process yet. One that has just ended goes in the meantime. */
  async #beNoticed(withinMs: number): Promise<void> {
    const until = performance.now() + withinMs;
    while (!(await this.#isNoticed()) && performance.now() < until) {
      await this.#say(String(this.number));
      await pause(SAY_EVERY_MS);
    }
  }

  async #isNoticed(): Promise<boolean> {
    const present = await this.#look();
    return [...present].every((number) => this.#noticedBy.has(number));
  }

  async #say(what: string): Promise<void> {
    await this.#client?.query(SAY, [CHANNEL, what]);
  }

  #hear(client: pg.Client, said: string): void {
    if (this.#client !== client || this.#closed) return;
    const [from = NaN, newcomer] = said.split(' ').map(Number);
    if (newcomer === this.number) this.#noticedBy.add(from);
    else if (newcomer === undefined && from !== this.number) void this.#answer(from);
  }

  async #answer(newcomer: number): Promise<void> {
    if (!this.#seenAt.has(newcomer)) await this.#confirm();
    // One that gets no answer asks once more.
    if (this.#seenAt.has(newcomer)) await this.#say(`${this.number} ${newcomer}`).catch(() => undefined);
  }

  #break(): void {
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
    this.others();
  }

  /** @returns the others who are present */
  async #look(): Promise<ReadonlySet<number>> {
    const sentAt = performance.now();
    const result = await this.#client?.query<{ number: number }>(HOLDERS);
    const present = new Set(result?.rows.map(({ number }) => number));
    // An answer that comes too late does not prolong the one before: others may have come and gone in between.
    this.others();
    if (!present.delete(this.number)) throw new Error('the lock that shows this process is gone');
    this.#foundAgain(sentAt);
    this.#confirmedAt = sentAt;
    this.#meet(present, sentAt);
    return present;
  }

  /** The others were counting on this process for `GONE_AFTER_MS`; after that it is a newcomer again. */
  #foundAgain(at: number): void {
    if (this.#lostAt !== undefined && at - this.#lostAt >= VISIBLE_FOR_MS)
      this.#noticedAt = at + NOTICED_AFTER_MS;
    this.#lostAt = undefined;
    if (this.#settledAt === Infinity) this.#settledAt = at + this.goneAfterMs;
  }

  /** Whoever comes, and whoever goes without a farewell, may have written unheard. */
  #meet(present: ReadonlySet<number>, at: number): void {
    for (const number of present) if (!this.#left.has(number)) this.#seenAt.set(number, at);
    for (const number of this.#left) if (!present.has(number)) this.#left.delete(number);
    for (const [number, seenAt] of this.#seenAt) {
      if (at - seenAt >= this.goneAfterMs) this.#seenAt.delete(number);
    }
    if (isSame(this.#others, this.#seenAt)) return;
    this.#others = new Set(this.#seenAt.keys());
    this.#break();
  }

  async #connect(connectionTimeoutMillis = CONNECT_TIMEOUT_MS): Promise<void> {
    const client = new OrderlyClient({
      connectionString: this.url,
      application_name: 'signpost presence',
      connectionTimeoutMillis,
      query_timeout: ANSWER_TIMEOUT_MS,
      keepAlive: true,
      stream: () => new NamedSocket(),
    });
    // Without a listener the loss of the connection would end the process.
    client.on('error', () => this.#lose(client));
    client.on('end', () => this.#lose(client));
    client.on('notification', ({ payload }) => this.#hear(client, payload ?? ''));
    this.#client = client;
    // Of a connection that is told to end while it is made (`renew`) the driver says no more than that it has ended.
    const ended = once(client, 'end').then(() => Promise.reject(new Error('the connection was given up')));
    await Promise.race([client.connect(), ended]);
    await client.query(`LISTEN ${CHANNEL}; SELECT pg_advisory_lock_shared(${PRESENCE}, ${this.number})`);
  }

  #lose(client: pg.Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    this.#lostAt ??= performance.now();
    this.#confirmedAt = -Infinity;
    this.#settledAt = Infinity;
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

function isSame(before: ReadonlySet<number>, now: ReadonlyMap<number, unknown>): boolean {
  return before.size === now.size && [...before].every((number) => now.has(number));
}

import type { AsyncResource } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import type { ClientBase } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import type { Soon } from '../../shared/soon.js';
import type { Joinable } from './joinable.js';
import type { Value } from './look-up.js';
import { OpenUnit, type Within } from './open-unit.js';
import { unlessWarned } from './postgres-client.js';
import { handleOf } from './sqlite.js';
import { performOn } from './sqlite-statements.js';

const TAKE_TURN = 'SELECT pg_advisory_xact_lock(hashtextextended($1, 0))';
/** Who waits together does not wait long for a row that somebody else is writing: each can do that alone (ADR 0038). */
const BEGIN_JOINED = 'BEGIN; SET LOCAL lock_timeout = 100';

/**
 * After a statement that failed, PostgreSQL rolls back at COMMIT and does not call that an error. So it is asked for something first, which
 * is one then: a unit of work that passed over a failure must not be acknowledged.
 */
const COMMIT = 'SELECT 1; COMMIT';

/** By text; as many as there are in the code. */
const names = new Map<string, string>();

/** One transaction of the database, for one unit of work or for several that take turns in it. */
export class Transaction {
  readonly #writer: DataSource;
  readonly #runner: QueryRunner;
  readonly #pooled: boolean;
  /** PostgreSQL: the driver's own connection, from the beginning to the end. */
  #client: ClientBase | undefined;
  #begun = false;
  #committing = false;

  constructor(writer: DataSource) {
    this.#writer = writer;
    this.#runner = writer.createQueryRunner();
    this.#pooled = writer.options.type === 'postgres';
  }

  /** @param context of whoever asked for it @param within where it is not as it is for a unit of work that is alone in it */
  unit(context: AsyncResource, within: Within = this.#within()): OpenUnit {
    return new OpenUnit(this.#writer, context, within);
  }

  /** Waits for a connection, where there are several. @throws Error when none comes in time */
  async connect(): Promise<void> {
    if (this.#pooled) this.#client ??= (await this.#runner.connect()) as ClientBase;
  }

  /** @param isJoined by units of work that run at once, which PostgreSQL alone allows */
  async begin(isJoined = false): Promise<void> {
    if (!this.#pooled) await this.perform('BEGIN IMMEDIATE');
    else {
      await this.connect();
      await this.#runner.query(isJoined ? BEGIN_JOINED : 'BEGIN');
    }
    this.#begun = true;
  }

  /** @throws Error when nothing of it can be kept any more */
  async commit(): Promise<void> {
    // A connection that broke took the transaction along: what is not sent any more is not in doubt.
    if (this.#runner.isReleased) throw new Error('the connection broke before COMMIT was sent');
    this.#committing = true;
    const client = this.#client;
    if (client) await unlessWarned(client, () => this.#runner.query(COMMIT));
    else await this.#runner.query('COMMIT');
    this.#committing = false;
    this.#begun = false;
  }

  /** A statement with `$1`, `$2`, … each once and in order; at once on SQLite. */
  perform(text: string, values: readonly unknown[] = []): Soon<readonly object[]> {
    if (!this.#pooled) return performOn(handleOf(this.#writer), text, values);
    return this.#performed(text, values);
  }

  /** Past the query runner, and with a name, so that a connection of the pool parses it once. */
  async #performed(text: string, values: readonly unknown[]): Promise<readonly object[]> {
    if (!this.#client) throw new Error('a transaction has not begun');
    const { rows } = await this.#client.query<object>({ name: nameOf(text), text, values: [...values] });
    return rows;
  }

  /** From here on one unit of work, so that it can be undone alone. At once on SQLite. */
  mark(): Soon<unknown> {
    return this.perform('SAVEPOINT unit');
  }

  /** At once on SQLite. @throws Error when the database has undone the transaction by itself */
  keepMarked(): Soon<unknown> {
    return this.perform('RELEASE unit');
  }

  /** @throws Error when the database has undone the transaction by itself (disk full): nothing in it counts */
  async undoMarked(): Promise<void> {
    await this.perform('ROLLBACK TO unit');
    await this.perform('RELEASE unit');
  }

  /** COMMIT was sent and did not come back well: nobody knows whether it happened, or still will. */
  get isInDoubt(): boolean {
    return this.#committing;
  }

  /** Undoes what was begun. Does not throw: the error that led here is the one to report. */
  async rollBack(): Promise<void> {
    if (!this.#begun) return;
    // SQLite rolls back by itself on some errors (disk full), PostgreSQL when the connection breaks.
    await this.#runner.query('ROLLBACK').catch(() => undefined);
  }

  #within(): Within {
    return {
      runner: this.#runner,
      perform: (text, values) => this.perform(text, values),
      ask: (joinable, values) => this.#ask(joinable, values),
      takeTurn: async (subject) => {
        await this.perform(TAKE_TURN, [subject]);
      },
      isUnderWay: () => this.#isUnderWay(),
    };
  }

  async #ask(joinable: Joinable, given: readonly Value[]): Promise<readonly object[]> {
    const { text, values } = joinable.ask([given]);
    return joinable.shares(await this.perform(text, values), [given])[0] ?? [];
  }

  /** SQLite ends a transaction by itself on some errors; what came after would be committed statement by statement. */
  #isUnderWay(): boolean {
    return this.#pooled || handleOf(this.#writer).inTransaction;
  }

  /** SQLite has one runner for ever; a pooled connection goes back. */
  async release(): Promise<void> {
    if (this.#pooled) await this.#runner.release();
  }
}

function nameOf(text: string): string {
  const name = names.get(text) ?? createHash('sha256').update(text).digest('hex').slice(0, 32);
  names.set(text, name);
  return name;
}

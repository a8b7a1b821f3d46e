import type { AsyncResource } from 'node:async_hooks';
import type { DataSource, QueryRunner } from 'typeorm';
import type { Soon } from '../../shared/soon.js';
import { OpenUnit } from './open-unit.js';
import { handleOf } from './sqlite.js';
import { performOn } from './sqlite-statements.js';

/** One transaction of the database, for one unit of work or for several that take turns in it. */
export class Transaction {
  readonly #writer: DataSource;
  readonly #runner: QueryRunner;
  readonly #pooled: boolean;
  #begun = false;
  #committing = false;

  constructor(writer: DataSource) {
    this.#writer = writer;
    this.#runner = writer.createQueryRunner();
    this.#pooled = writer.options.type === 'postgres';
  }

  /** @param context of whoever asked for it */
  unit(context: AsyncResource): OpenUnit {
    const perform: OpenUnit['perform'] = (text, values) => this.perform(text, values);
    return new OpenUnit(this.#writer, context, {
      runner: this.#runner,
      perform,
      isUnderWay: () => this.#isUnderWay(),
    });
  }

  async begin(): Promise<void> {
    await this.perform(this.#pooled ? 'BEGIN' : 'BEGIN IMMEDIATE');
    this.#begun = true;
  }

  async commit(): Promise<void> {
    this.#committing = true;
    await this.#runner.query('COMMIT');
    this.#committing = false;
    this.#begun = false;
  }

  /** A statement with `$1`, `$2`, … each once and in order; at once on SQLite. */
  perform(text: string, values: readonly unknown[] = []): Soon<readonly object[]> {
    if (!this.#pooled) return performOn(handleOf(this.#writer), text, values);
    return this.#runner.query(text, [...values]) as Promise<object[]>;
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

  /** SQLite ends a transaction by itself on some errors; what came after would be committed statement by statement. */
  #isUnderWay(): boolean {
    return this.#pooled || handleOf(this.#writer).inTransaction;
  }

  /** SQLite has one runner for ever; a pooled connection goes back. */
  async release(): Promise<void> {
    if (this.#pooled) await this.#runner.release();
  }
}

import type { DataSource, QueryRunner } from 'typeorm';
import { OpenUnit } from './open-unit.js';
import { handleOf } from './sqlite.js';

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

  unit(): OpenUnit {
    return new OpenUnit(this.#writer, this.#runner, () => this.#isUnderWay());
  }

  async begin(): Promise<void> {
    await this.#runner.query(this.#pooled ? 'BEGIN' : 'BEGIN IMMEDIATE');
    this.#begun = true;
  }

  async commit(): Promise<void> {
    this.#committing = true;
    await this.#runner.query('COMMIT');
    this.#committing = false;
    this.#begun = false;
  }

  /** From here on one unit of work, so that it can be undone alone. */
  async mark(): Promise<void> {
    await this.#runner.query('SAVEPOINT unit');
  }

  /** @throws Error when the database has undone the transaction by itself */
  async keepMarked(): Promise<void> {
    await this.#runner.query('RELEASE unit');
  }

  /** @throws Error when the database has undone the transaction by itself (disk full): nothing in it counts */
  async undoMarked(): Promise<void> {
    await this.#runner.query('ROLLBACK TO unit');
    await this.#runner.query('RELEASE unit');
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

import type { DataSource, EntityManager, QueryRunner } from 'typeorm';

type Statement = (...given: Parameters<QueryRunner['query']>) => Promise<unknown>;

/**
 * One transaction, with an entity manager that works for as long as it is open and never after.
 *
 * TypeORM has a single query runner for SQLite: what a forgotten `await` sends to it after the end would become part of
 * somebody else's transaction, and what still runs when the end begins could slip past it on either database.
 */
export class Transaction {
  readonly manager: EntityManager;
  readonly afterCommit: (() => void)[] = [];
  readonly inDoubt: (() => void)[] = [];
  readonly #runner: QueryRunner;
  readonly #pooled: boolean;
  readonly #running = new Set<Promise<unknown>>();
  #begun = false;
  #open = true;
  #committing = false;

  constructor(writer: DataSource) {
    this.#runner = writer.createQueryRunner();
    this.#pooled = writer.options.type === 'postgres';
    const guarded = Object.create(this.#runner) as QueryRunner;
    const query: Statement = (...given) => this.#guard(given);
    // Depth 1: TypeORM opens savepoints inside ours and no transaction of its own.
    Object.assign(guarded, { query, isTransactionActive: true, transactionDepth: 1 });
    this.manager = writer.createEntityManager(guarded);
    Object.assign(guarded, { manager: this.manager });
  }

  get open(): boolean {
    return this.#open;
  }

  async begin(): Promise<void> {
    await this.#runner.query(this.#pooled ? 'BEGIN' : 'BEGIN IMMEDIATE');
    this.#begun = true;
  }

  /** @throws Error when a statement still runs: then nothing is kept */
  async commit(): Promise<void> {
    this.#open = false;
    if (this.#running.size > 0) throw new Error(awaitMissing('while a statement still ran'));
    this.#committing = true;
    await this.#runner.query('COMMIT');
    this.#committing = false;
    this.#begun = false;
  }

  /** COMMIT was sent and did not come back well: nobody knows whether it happened, or still will. */
  get isInDoubt(): boolean {
    return this.#committing;
  }

  /** Undoes what was begun. Does not throw: the error that led here is the one to report. */
  async rollBack(): Promise<void> {
    this.#open = false;
    await Promise.allSettled(this.#running);
    if (!this.#begun) return;
    // SQLite rolls back by itself on some errors (disk full), PostgreSQL when the connection breaks.
    await this.#runner.query('ROLLBACK').catch(() => undefined);
  }

  /** SQLite has one runner for ever; a pooled connection goes back. */
  async release(): Promise<void> {
    if (this.#pooled) await this.#runner.release();
  }

  #guard(given: Parameters<QueryRunner['query']>): Promise<unknown> {
    if (!this.#open) return Promise.reject(new Error(awaitMissing('before a write of it came')));
    const running = this.#runner.query(...given).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return running;
  }
}

function awaitMissing(when: string): string {
  return `a unit of work ended ${when}: an await is missing`;
}

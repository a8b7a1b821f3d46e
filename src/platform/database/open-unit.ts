import type { DataSource, EntityManager, QueryRunner } from 'typeorm';

type Statement = (...given: Parameters<QueryRunner['query']>) => Promise<unknown>;

/**
 * One unit of work while it runs, with an entity manager that works for as long as it is open and never after.
 *
 * TypeORM has a single query runner for SQLite: what a forgotten `await` sends to it after the end would become part of
 * somebody else's unit of work, and what still runs when the end begins could slip past it on either database.
 */
export class OpenUnit {
  readonly manager: EntityManager;
  readonly afterCommit: (() => void)[] = [];
  readonly inDoubt: (() => void)[] = [];
  readonly #runner: QueryRunner;
  readonly #running = new Set<Promise<unknown>>();
  #open = true;

  constructor(
    writer: DataSource,
    runner: QueryRunner,
    private readonly isUnderWay: () => boolean,
  ) {
    this.#runner = runner;
    const guarded = Object.create(runner) as QueryRunner;
    const query: Statement = (...given) => this.#guard(given);
    // Depth 1: TypeORM opens savepoints inside ours and no transaction of its own.
    Object.assign(guarded, { query, isTransactionActive: true, transactionDepth: 1 });
    this.manager = writer.createEntityManager(guarded);
    Object.assign(guarded, { manager: this.manager });
  }

  get open(): boolean {
    return this.#open;
  }

  /** Its work is done. @throws Error when a statement still runs: then nothing may be kept */
  end(): void {
    this.#open = false;
    if (this.#running.size > 0) throw new Error(awaitMissing('while a statement still ran'));
  }

  /** Ends it whatever happened, and waits for what still runs. */
  async abandon(): Promise<void> {
    this.#open = false;
    await Promise.allSettled(this.#running);
  }

  #guard(given: Parameters<QueryRunner['query']>): Promise<unknown> {
    if (!this.#open) return Promise.reject(new Error(awaitMissing('before a write of it came')));
    if (!this.isUnderWay()) return Promise.reject(new Error('the database has undone this unit of work'));
    const running = this.#runner.query(...given).finally(() => this.#running.delete(running));
    this.#running.add(running);
    return running;
  }
}

function awaitMissing(when: string): string {
  return `a unit of work ended ${when}: an await is missing`;
}

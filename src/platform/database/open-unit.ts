import type { AsyncResource } from 'node:async_hooks';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import type { Soon } from '../../shared/soon.js';
import type { Joinable } from './joinable.js';
import type { Value } from './look-up.js';

type Query = (...given: Parameters<QueryRunner['query']>) => Promise<unknown>;

type Rows = readonly object[];

/** The transaction that it is part of. */
export interface Within {
  readonly runner: QueryRunner;
  perform(text: string, values: readonly unknown[]): Soon<Rows>;
  /** On PostgreSQL. */
  ask(joinable: Joinable, values: readonly Value[]): Promise<Rows>;
  /** Resolves when nobody else works on `subject`. On PostgreSQL. */
  takeTurn(subject: string): Promise<void>;
  isUnderWay(): boolean;
}

/**
 * One unit of work while it runs, with an entity manager that works for as long as it is open and never after.
 *
 * TypeORM has a single query runner for SQLite: what a forgotten `await` sends to it after the end would become part of
 * somebody else's unit of work, and what still runs when the end begins could slip past it on either database.
 */
export class OpenUnit {
  readonly afterCommit: (() => void)[] = [];
  readonly inDoubt: (() => void)[] = [];
  readonly #running = new Set<Promise<unknown>>();
  #manager: EntityManager | undefined;
  #open = true;
  /** What of those threw. */
  #failure: Error | undefined;

  constructor(
    private readonly writer: DataSource,
    private readonly context: AsyncResource,
    private readonly within: Within,
  ) {}

  /** Made for who asks: it costs more than a statement. */
  get manager(): EntityManager {
    return (this.#manager ??= this.#made());
  }

  get open(): boolean {
    return this.#open;
  }

  /** Its work is done. @throws Error when a statement still runs: then nothing may be kept */
  end(): void {
    this.#open = false;
    if (this.#running.size > 0) throw new Error(awaitMissing('while a statement still ran'));
  }

  tellCommitted(): void {
    this.#tell(this.afterCommit);
  }

  tellInDoubt(): void {
    this.#tell(this.inDoubt);
  }

  /** @throws Error what one of those threw who were told how it ended; for its own caller, who alone has to do with it */
  raise(): void {
    if (this.#failure) throw this.#failure;
  }

  /** Ends it whatever happened, and waits for what still runs. */
  async abandon(): Promise<void> {
    this.#open = false;
    await Promise.allSettled(this.#running);
  }

  /** See `Transaction.perform`. */
  perform(text: string, values: readonly unknown[]): Soon<Rows> {
    this.#refuseWhenOver();
    const done = this.within.perform(text, values);
    return done instanceof Promise ? this.#watched(done) : done;
  }

  async ask(joinable: Joinable, values: readonly Value[]): Promise<Rows> {
    this.#refuseWhenOver();
    return this.#watched(this.within.ask(joinable, values));
  }

  async takeTurn(subject: string): Promise<void> {
    this.#refuseWhenOver();
    await this.#watched(this.within.takeTurn(subject));
  }

  /** In the context of its own request, though units of work share a commit. One that throws keeps nobody else from being told. */
  #tell(effects: readonly (() => void)[]): void {
    for (const effect of effects) {
      try {
        this.context.runInAsyncScope(effect);
      } catch (cause) {
        this.#failure ??= new Error('what follows the end of a unit of work failed', { cause });
      }
    }
  }

  #made(): EntityManager {
    const guarded = Object.create(this.within.runner) as QueryRunner;
    const query: Query = async (...given) => {
      this.#refuseWhenOver();
      return this.#watched(this.within.runner.query(...given));
    };
    // Depth 1: TypeORM opens savepoints inside ours and no transaction of its own.
    Object.assign(guarded, { query, isTransactionActive: true, transactionDepth: 1 });
    const manager = this.writer.createEntityManager(guarded);
    Object.assign(guarded, { manager });
    return manager;
  }

  #refuseWhenOver(): void {
    if (!this.#open) throw new Error(awaitMissing('before a write of it came'));
    if (!this.within.isUnderWay()) throw new Error('the database has undone this unit of work');
  }

  #watched<T>(statement: Promise<T>): Promise<T> {
    const running = statement.finally(() => this.#running.delete(running));
    this.#running.add(running);
    return running;
  }
}

function awaitMissing(when: string): string {
  return `a unit of work ended ${when}: an await is missing`;
}

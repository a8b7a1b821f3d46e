import { Injectable } from '@nestjs/common';
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { DomainError } from '../../shared/domain-error.js';
import { StorageUse } from '../../shared/storage-use.js';
import { Random } from '../../shared/random.js';
import { soon, type Soon } from '../../shared/soon.js';
import type { Connections } from './connections.js';
import { databaseAway, databaseLocked, storageFull } from './database-away.js';
import { commitsInDoubt, repetitions, unitsOfWork } from './database-metrics.js';
import { isDiskFull, isLocked, isRetryable } from './database-errors.js';
import { joinableLookUp, joinableWrite } from './joinable.js';
import { JoinedUnits } from './joined-units.js';
import type { Count, LookUp, Statement } from './look-up.js';
import { OpenCommits } from './open-commits.js';
import type { OpenUnit } from './open-unit.js';
import { SharedCommit } from './shared-commit.js';
import { Transaction } from './transaction.js';

/** Whether a unit of work may use what is kept back of the disk. */
type Room = 'usual' | 'reserve';
/** Whether it may share a transaction with others that run at once. */
type How = 'apart' | 'joined';

const ATTEMPTS = 4;
/** A SQLite file held by another program is waited for so long, in steps, without stopping the process. */
const LOCK_WAIT_MS = 2_000;
const LOCK_STEP_MS = 20;

/**
 * The only way to write: everything inside `run` happens or nothing does.
 *
 * Inside, talk to the database only: hash before, send after. TypeORM's one SQLite connection would mix transactions
 * that interleave, and lose rows silently, so writers take turns there, and those that wait together share a commit; on
 * PostgreSQL they run side by side, and those of `runJoined` at once in one transaction.
 */
@Injectable()
export class UnitOfWork {
  readonly commits = new OpenCommits();
  readonly #current = new AsyncLocalStorage<OpenUnit>();
  readonly #use = new StorageUse(this.#current);
  readonly #shared = new SharedCommit({
    begin: (deadline) => this.#begun(deadline),
    commit: (transaction, units) => this.#committed(transaction, units),
    undo: (transaction) => this.#undone(transaction),
  });
  readonly #joined = new JoinedUnits({
    connect: () => this.#connected(),
    begin: (transaction) => this.#unlessFailed(transaction, () => transaction.begin(true)),
    commit: (transaction, units) => this.#committed(transaction, units),
    undo: (transaction) => this.#undone(transaction),
    alone: (transaction, work) => this.#alone(transaction, work),
  });

  constructor(
    private readonly connections: Connections,
    private readonly random: Random,
  ) {}

  /**
   * Runs `work` in a transaction; a unit of work inside another joins it. `work` may run again, up to three times,
   * when it lost a race on PostgreSQL, so it must not have effects outside the database.
   *
   * When this resolves, the change is on disk.
   *
   * @param room `reserve`: goes on when the disk is full, in the room that is kept for it
   * @throws DomainError unavailable `storage-full`
   */
  run<T>(work: () => Promise<T>, room: Room = 'usual'): Promise<T> {
    return this.#measured(work, room, 'apart');
  }

  /**
   * As `run`, for what many do at once: on PostgreSQL they share a transaction and its round trips (P-6, ADR 0038), so they
   * see of each other what is not committed yet. Therefore `work` first takes its turn (`exclusive`) for everything that it
   * decides on and writes, no two such turns write the same row, and it writes by `statement`. (A row with a new id is nobody else's.)
   */
  runJoined<T>(work: () => Promise<T>): Promise<T> {
    return this.#measured(work, 'usual', 'joined');
  }

  async #measured<T>(work: () => Promise<T>, room: Room, how: How): Promise<T> {
    const outer = this.#current.getStore();
    if (outer?.open) return work();
    const since = performance.now();
    try {
      if (room === 'usual' && this.connections.reserve.isSpent) throw storageFull({ announced: true });
      const result = await this.#repeated(work, room, how);
      unitsOfWork.observe({ outcome: 'committed' }, secondsSince(since));
      return result;
    } catch (error) {
      unitsOfWork.observe({ outcome: isRefusal(error) ? 'refused' : 'failed' }, secondsSince(since));
      throw error;
    }
  }

  async #repeated<T>(work: () => Promise<T>, room: Room, how: How): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#queued(work, attempt === 1 ? how : 'apart');
      } catch (error) {
        const mayGoOn = isDiskFull(error) ? this.#hasRoom(room, error) : isRetryable(error);
        if (attempt >= ATTEMPTS || !mayGoOn) throw error;
        repetitions.count({});
        await pause(this.random.below(20 * attempt));
      }
    }
  }

  /** Where reads go: the open transaction, else the read-only connection. */
  get reading(): EntityManager {
    const unit = this.#current.getStore();
    return unit?.open ? unit.manager : this.connections.reader.manager;
  }

  /** Where writes go. Throws outside a unit of work, and after its end (a forgotten `await`). */
  get writing(): EntityManager {
    const unit = this.#current.getStore();
    if (unit?.open) return unit.manager;
    throw new Error(
      unit
        ? 'a write came after the end of its unit of work: an await is missing'
        : 'a write outside UnitOfWork.run()',
    );
  }

  /**
   * Makes units of work that name the same `subject` take turns, for rules over several rows ("at most 500 links").
   * Held until the end of the unit of work. On SQLite all writers take turns anyway.
   */
  async exclusive(subject: string): Promise<void> {
    const unit = this.#required();
    if (this.connections.kind === 'postgres') await unit.takeTurn(subject);
  }

  /**
   * Runs `effect` once the change is on disk; never if it is rolled back. It must not throw: if it does, the change stays, all
   * others are told all the same, and `run` throws.
   *
   * @param inDoubt runs instead when the answer to COMMIT was lost: it may have happened, or still happen
   */
  afterCommit(effect: () => void, inDoubt?: () => void): void {
    const unit = this.#required();
    unit.afterCommit.push(effect);
    if (inDoubt) unit.inDoubt.push(inDoubt);
  }

  /** A look-up that is made over and over, where reads go; see `Connections.prepare`. */
  prepare(text: string): LookUp {
    const committed = this.connections.prepare(text);
    const joinable = this.connections.kind === 'postgres' ? joinableLookUp(text) : null;
    return (key) => {
      const unit = this.#current.getStore();
      if (!unit?.open) return committed(key);
      const rows = joinable ? unit.ask(joinable, [key]) : unit.perform(text, [key]);
      return soon(rows as Soon<readonly { found: string }[]>, ([row]) => row?.found);
    };
  }

  /** How many rows there are. @param text `SELECT count(*) AS count …`, else as of `question` */
  counting(text: string): Count {
    const ask = this.question(text);
    return async (values) => {
      // PostgreSQL gives it as a text.
      const [row] = (await ask(values)) as readonly [{ count: string | number }];
      return Number(row.count);
    };
  }

  /** A statement that reads, made over and over, where reads go. @param text with `$1`, `$2`, … each once and in order */
  question(text: string): Statement {
    return (values) => {
      const unit = this.#current.getStore();
      return unit?.open ? unit.perform(text, values) : this.connections.read(text, values);
    };
  }

  /** A statement that writes, made over and over. @param text with `$1`, `$2`, … each once and in order */
  statement(text: string): Statement {
    const joinable = this.connections.kind === 'postgres' ? joinableWrite(text) : null;
    return (values) => {
      const unit = this.#required();
      return joinable ? unit.ask(joinable, values) : unit.perform(text, values);
    };
  }

  /** Whether the reserve has room that was not there before. @throws DomainError unavailable `storage-full` */
  #hasRoom(room: Room, cause: unknown): boolean {
    if (this.connections.reserve.spend() && room === 'reserve') return true;
    throw storageFull({ cause });
  }

  #required(): OpenUnit {
    const unit = this.#current.getStore();
    if (!unit?.open) throw new Error('only inside UnitOfWork.run()');
    return unit;
  }

  async #queued<T>(work: () => Promise<T>, how: How): Promise<T> {
    const units: OpenUnit[] = [];
    const within = (unit: OpenUnit): Promise<T> => {
      units.push(unit);
      return this.#use.during(() => this.#current.run(unit, work));
    };
    try {
      return await this.#within(within, how);
    } finally {
      for (const unit of units) unit.raise();
    }
  }

  async #within<T>(within: (unit: OpenUnit) => Promise<T>, how: How): Promise<T> {
    if (this.connections.kind === 'sqlite') {
      return this.#shared.run(within, performance.now() + LOCK_WAIT_MS);
    }
    const joined = how === 'joined' ? await this.#joined.run(within) : null;
    return joined ? joined.value : this.#alone(await this.#connected(), within);
  }

  async #alone<T>(transaction: Transaction, work: (unit: OpenUnit) => Promise<T>): Promise<T> {
    await this.#unlessFailed(transaction, () => transaction.begin());
    const unit = transaction.unit(new AsyncResource('unit of work'));
    let result: T;
    try {
      result = await work(unit);
      unit.end();
    } catch (error) {
      await unit.abandon();
      await this.#undone(transaction);
      throw error;
    }
    await this.#committed(transaction, [unit]);
    return result;
  }

  async #undone(transaction: Transaction): Promise<void> {
    await transaction.rollBack();
    await transaction.release();
  }

  /** With nothing to keep it is only ended. Calls back before it resolves. */
  async #committed(transaction: Transaction, units: readonly OpenUnit[]): Promise<void> {
    try {
      await this.#commit(transaction, units);
      for (const unit of units) unit.tellCommitted();
    } finally {
      this.commits.end(transaction);
    }
  }

  async #commit(transaction: Transaction, units: readonly OpenUnit[]): Promise<void> {
    if (units.length === 0) {
      await this.#undone(transaction);
      return;
    }
    try {
      // Another process may remember what this commit would change, and not hear of it.
      if (!this.connections.solitude.isVisible()) throw databaseAway();
      this.commits.begin(transaction);
      await transaction.commit();
    } catch (error) {
      if (transaction.isInDoubt) {
        commitsInDoubt.count({});
        for (const unit of units) unit.tellInDoubt();
      }
      await transaction.rollBack();
      throw error;
    } finally {
      await transaction.release();
    }
  }

  async #connected(): Promise<Transaction> {
    const transaction = new Transaction(this.connections.writer);
    await this.#unlessFailed(transaction, () => transaction.connect());
    return transaction;
  }

  /** On SQLite. `deadline` counts from the arrival at the queue: writers behind a locked file fail together, not one after another. */
  async #begun(deadline: number): Promise<Transaction> {
    const transaction = new Transaction(this.connections.writer);
    await this.#unlessFailed(transaction, () => this.#begin(transaction, deadline));
    return transaction;
  }

  async #begin(transaction: Transaction, deadline: number): Promise<void> {
    for (;;) {
      try {
        await transaction.begin();
        return;
      } catch (error) {
        if (!isLocked(error)) throw error;
        if (performance.now() >= deadline) throw databaseLocked(error);
        await pause(LOCK_STEP_MS);
      }
    }
  }

  async #unlessFailed(transaction: Transaction, step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      await this.#undone(transaction);
      throw error;
    }
  }
}

function secondsSince(time: number): number {
  return (performance.now() - time) / 1_000;
}

/** Said on purpose by a rule; trouble of the database is none. */
function isRefusal(error: unknown): boolean {
  return error instanceof DomainError && error.kind !== 'unavailable';
}

import { AsyncResource } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '../../shared/clock.js';
import { DomainError } from '../../shared/domain-error.js';
import { SteadyClock } from '../clock/steady-clock.js';
import { databaseAway } from './database-away.js';
import type { OpenUnit } from './open-unit.js';
import type { Transaction } from './transaction.js';

/** So many units of work share a commit at most, and so long is one gathered: nobody waits long for strangers. */
const MOST_UNITS = 128;
const GATHERED_FOR_MS = 20;
/** On SQLite a transaction never waits, so nothing else happens meanwhile: after so long reads have their turn. */
const TURN_MS = 5;
/** Half as long as that turn took, if it is more: else writers, who end sign-ins and links, would starve under overload. */
const SHARE = 0.5;

/** How transactions begin and end, which is for `UnitOfWork` to say. */
export interface Ends {
  /** @param deadline until when a locked file is waited for */
  begin(deadline: number): Promise<Transaction>;
  /** Makes it durable and calls back for every unit in it, in order, or undoes all and throws. */
  commit(transaction: Transaction, units: readonly OpenUnit[]): Promise<void>;
  undo(transaction: Transaction): Promise<void>;
}

type Outcome = { readonly value: unknown } | { readonly error: unknown };

interface Waiting {
  readonly work: (unit: OpenUnit) => Promise<unknown>;
  readonly deadline: number;
  /** What the caller's request carries along: work must not run in that of a neighbour. */
  readonly context: AsyncResource;
  readonly settle: (outcome: Outcome) => void;
}

interface Done {
  readonly waiting: Waiting;
  readonly unit: OpenUnit;
  readonly outcome: Outcome;
}

/**
 * Units of work that wait together share one transaction and so one sync, on a database where writers take turns (P-6).
 *
 * Each runs alone inside a savepoint, which is undone if it fails, and sees what those before it did, as it would if they
 * had been committed. Nobody is answered before the commit, not even one that failed: what it was refused for may be a
 * neighbour's row that does not come to be. A lone unit of work waits for one turn of the event loop more.
 */
export class SharedCommit {
  readonly #queue: Waiting[] = [];
  #isBusy = false;
  /** How long writers go on before others have their turn. */
  #sliceMs = TURN_MS;

  constructor(
    private readonly ends: Ends,
    private readonly clock: Clock = new SteadyClock(),
  ) {}

  run<T>(work: (unit: OpenUnit) => Promise<T>, deadline: number): Promise<T> {
    return new Promise<Outcome>((settle) => {
      this.#queue.push({ work, deadline, context: new AsyncResource('unit of work'), settle });
      if (!this.#isBusy) void this.#empty();
    }).then((outcome) => {
      if ('error' in outcome) throw outcome.error;
      return outcome.value as T;
    });
  }

  async #empty(): Promise<void> {
    this.#isBusy = true;
    for (let first = this.#queue.shift(); first; first = this.#queue.shift()) {
      await this.#together(first);
      if (this.#queue.length > 0) await this.#turn();
    }
    this.#isBusy = false;
  }

  async #together(first: Waiting): Promise<void> {
    const done: Done[] = [];
    try {
      const transaction = await this.#gathered(first, done);
      await this.ends.commit(
        transaction,
        done.filter(succeeded).map(({ unit }) => unit),
      );
    } catch (error) {
      if (done.length === 0) first.settle({ error });
      for (const { waiting } of done) waiting.settle({ error });
      return;
    }
    for (const { waiting, outcome } of done) waiting.settle(outcome);
  }

  async #gathered(first: Waiting, done: Done[]): Promise<Transaction> {
    const transaction = await this.ends.begin(first.deadline);
    try {
      await this.#gather(transaction, first, done);
      return transaction;
    } catch (error) {
      await this.ends.undo(transaction);
      throw error;
    }
  }

  /** Whoever comes until a turn of the event loop brings nobody, within the bounds. Fills `done`. */
  async #gather(transaction: Transaction, first: Waiting, done: Done[]): Promise<void> {
    let turnedAt = this.clock.now();
    const until = turnedAt + GATHERED_FOR_MS;
    for (let next: Waiting | undefined = first; next; next = this.#queue.shift()) {
      await perform(transaction, next, done);
      const now = this.clock.now();
      if (done.length >= MOST_UNITS || now >= until) return;
      if (this.#queue.length > 0 && now - turnedAt < this.#sliceMs) continue;
      await this.#turn();
      turnedAt = this.clock.now();
    }
  }

  /** Lets everybody else have their turn. */
  async #turn(): Promise<void> {
    const since = this.clock.now();
    await turn();
    this.#sliceMs = Math.max(TURN_MS, (this.clock.now() - since) * SHARE);
  }
}

/** @throws when the transaction as a whole is lost */
async function perform(transaction: Transaction, waiting: Waiting, done: Done[]): Promise<void> {
  const unit = transaction.unit(waiting.context);
  const at = done.push({ waiting, unit, outcome: { error: undefined } }) - 1;
  await transaction.mark();
  try {
    const value = await waiting.context.runInAsyncScope(waiting.work, undefined, unit);
    unit.end();
    await transaction.keepMarked();
    done[at] = { waiting, unit, outcome: { value } };
  } catch (error) {
    await unit.abandon();
    await transaction.undoMarked().catch(() => {
      // The database undid everything by itself, and this is why.
      throw lostWith(error);
    });
    done[at] = { waiting, unit, outcome: { error } };
  }
}

/** What a neighbour was refused for is no answer to others: a 404 could make a media server throw its registration away. */
function lostWith(error: unknown): unknown {
  return error instanceof DomainError ? databaseAway({ cause: error }) : error;
}

function succeeded({ outcome }: Done): boolean {
  return 'value' in outcome;
}

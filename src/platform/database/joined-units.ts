import { AsyncResource } from 'node:async_hooks';
import { Batches } from './batches.js';
import { isOfStatement } from './database-errors.js';
import { joinedTransactions } from './database-metrics.js';
import { JoinedTransaction } from './joined-transaction.js';
import type { OpenUnit } from './open-unit.js';
import type { Transaction } from './transaction.js';

/** So many units of work share a transaction at most. */
const MOST_UNITS = 128;

type Work = (unit: OpenUnit) => Promise<unknown>;

/** How transactions begin and end, which is for `UnitOfWork` to say. */
export interface JoinedEnds {
  /** Waits for a connection. Nothing has begun yet. */
  connect(): Promise<Transaction>;
  begin(transaction: Transaction): Promise<void>;
  /** Makes it durable and calls back for every unit in it, in order, or undoes all and throws. */
  commit(transaction: Transaction, units: readonly OpenUnit[]): Promise<void>;
  undo(transaction: Transaction): Promise<void>;
  /** From the beginning to the end. */
  alone(transaction: Transaction, work: Work): Promise<unknown>;
}

/** What came of it; null: nothing, it has to run alone. */
type Outcome<T> = { readonly value: T } | null;

interface Waiting {
  readonly work: Work;
  /** What the caller's request carries along: work must not run in that of a neighbour. */
  readonly context: AsyncResource;
  readonly settle: (outcome: Outcome<unknown>) => void;
  readonly fail: (error: unknown) => void;
}

interface Told {
  readonly waiting: Waiting;
  readonly outcome: Outcome<unknown>;
}

interface Ran extends Told {
  readonly unit: OpenUnit;
}

/**
 * Units of work that come at once, or until there is a connection, share a transaction on PostgreSQL, and its round trips (P-6,
 * ADR 0038): the longer all wait, the more is done in each.
 *
 * It is an attempt: who is refused, or has to wait for somebody, or asks for what cannot be shared, runs alone after it; if
 * that has written already, or a statement fails, nothing is kept and everybody runs alone. So nobody hears of a neighbour's
 * failure, unless it is that of the connection or of the COMMIT. Nobody is answered before the COMMIT.
 */
export class JoinedUnits {
  #waiting: Waiting[] = [];
  readonly #batches: Batches<Transaction, readonly Waiting[]>;

  constructor(private readonly ends: JoinedEnds) {
    this.#batches = new Batches({
      most: MOST_UNITS,
      isWaiting: () => this.#waiting.length > 0,
      connect: () => ends.connect(),
      take: (most) => this.#waiting.splice(0, most),
      deal: (transaction, all) => this.#done(transaction, all),
      fail: (all, error) => all.forEach(({ fail }) => fail(error)),
    });
  }

  run<T>(work: (unit: OpenUnit) => Promise<T>): Promise<Outcome<T>> {
    return new Promise<Outcome<unknown>>((settle, fail) => {
      this.#waiting.push({ work, context: new AsyncResource('unit of work'), settle, fail });
      this.#batches.wanted();
    }) as Promise<Outcome<T>>;
  }

  async #done(transaction: Transaction, all: readonly Waiting[]): Promise<() => void> {
    const outcomes = await this.#outcomes(transaction, all);
    return () => outcomes.forEach(({ waiting, outcome }) => waiting.settle(outcome));
  }

  async #outcomes(transaction: Transaction, all: readonly Waiting[]): Promise<readonly Told[]> {
    const [one] = all;
    if (one && all.length === 1) {
      const value = await one.context.runInAsyncScope(() => this.ends.alone(transaction, one.work));
      return [{ waiting: one, outcome: { value } }];
    }
    try {
      const ran = await this.#shared(transaction, all);
      joinedTransactions.count({ outcome: ran === null ? 'undone' : 'committed' });
      return ran ?? all.map((waiting) => ({ waiting, outcome: null }));
    } catch (error) {
      joinedTransactions.count({ outcome: 'failed' });
      throw error;
    }
  }

  /** @returns null: nothing was kept @throws what is to be told to all */
  async #shared(transaction: Transaction, all: readonly Waiting[]): Promise<Ran[] | null> {
    await this.ends.begin(transaction);
    const ran = await this.#attempted(transaction, all);
    if (ran === null) await this.ends.undo(transaction);
    else
      await this.ends.commit(
        transaction,
        ran.filter(({ outcome }) => outcome).map(({ unit }) => unit),
      );
    return ran;
  }

  /** @returns null: nothing may be kept @throws what is to be told to all */
  async #attempted(transaction: Transaction, all: readonly Waiting[]): Promise<Ran[] | null> {
    const joined = new JoinedTransaction(transaction);
    const tried = await Promise.all(all.map((waiting) => attempt(joined, waiting)));
    if (joined.failure && !isOfStatement(joined.failure.error)) {
      await this.ends.undo(transaction);
      throw joined.failure.error;
    }
    const isLost = joined.failure ?? tried.some(({ outcome, hasWritten }) => outcome === null && hasWritten);
    return isLost ? null : tried;
  }
}

async function attempt(
  joined: JoinedTransaction,
  waiting: Waiting,
): Promise<Ran & { readonly hasWritten: boolean }> {
  const { unit, within } = joined.unit(waiting.context);
  let outcome: Outcome<unknown> = null;
  try {
    const value = await waiting.context.runInAsyncScope(waiting.work, undefined, unit);
    unit.end();
    outcome = within.isOut ? null : { value };
  } catch {
    // Alone it finds out for itself, and tells.
    await unit.abandon();
  }
  return { waiting, unit, outcome, hasWritten: within.hasWritten };
}

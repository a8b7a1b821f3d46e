import type { AsyncResource } from 'node:async_hooks';
import type { QueryRunner } from 'typeorm';
import { TRY_TURN, type Joinable } from './joinable.js';
import type { Value } from './look-up.js';
import type { OpenUnit, Within } from './open-unit.js';
import type { Transaction } from './transaction.js';

type Rows = readonly object[];

interface Asked {
  readonly values: readonly Value[];
  readonly settle: (rows: Rows) => void;
  readonly fail: (error: unknown) => void;
}

/**
 * One transaction of PostgreSQL for several units of work at once. What they ask for in one turn of the event loop is asked
 * as one; a statement that fails fails all of them.
 */
export class JoinedTransaction {
  readonly #holders = new Map<string, JoinedUnit>();
  #waiting = new Map<Joinable, Asked[]>();
  /** Of the first statement that failed: PostgreSQL keeps nothing of a transaction after that. */
  failure: { readonly error: unknown } | undefined;

  constructor(private readonly transaction: Transaction) {}

  /** @param context of whoever asked for it */
  unit(context: AsyncResource): { unit: OpenUnit; within: JoinedUnit } {
    const within = new JoinedUnit(this);
    return { unit: this.transaction.unit(context, within), within };
  }

  ask(joinable: Joinable, values: readonly Value[]): Promise<Rows> {
    return new Promise((settle, fail) => {
      // After everything that goes on in this turn: all who were answered by one statement ask for the next.
      if (this.#waiting.size === 0) process.nextTick(this.#send);
      const same = this.#waiting.get(joinable);
      const asked = { values, settle, fail };
      if (same) same.push(asked);
      else this.#waiting.set(joinable, [asked]);
    });
  }

  /** @returns false: somebody else has it, here or anywhere */
  async take(subject: string, unit: JoinedUnit): Promise<boolean> {
    const holder = this.#holders.get(subject);
    if (holder) return holder === unit;
    this.#holders.set(subject, unit);
    const [row] = (await this.ask(TRY_TURN, [subject])) as readonly { held: boolean }[];
    return row?.held === true;
  }

  readonly #send = (): void => {
    const waiting = this.#waiting;
    this.#waiting = new Map();
    for (const [joinable, all] of waiting) void this.#perform(joinable, all);
  };

  async #perform(joinable: Joinable, all: readonly Asked[]): Promise<void> {
    const given = all.map(({ values }) => values);
    try {
      const { text, values } = joinable.ask(given);
      const shares = joinable.shares(await this.transaction.perform(text, values), given);
      for (const [at, { settle }] of all.entries()) settle(shares[at] ?? []);
    } catch (error) {
      this.failure ??= { error };
      for (const { fail } of all) fail(error);
    }
  }
}

/** How one unit of work sees it. What cannot be shared ends its part in it: then it runs alone. */
export class JoinedUnit implements Within {
  hasWritten = false;
  #isOut = false;

  constructor(private readonly joined: JoinedTransaction) {}

  /** It must be run alone, whatever became of it here. */
  get isOut(): boolean {
    return this.#isOut;
  }

  get runner(): QueryRunner {
    throw this.#leave();
  }

  isUnderWay(): boolean {
    return !this.#isOut;
  }

  perform(): never {
    throw this.#leave();
  }

  ask(joinable: Joinable, values: readonly Value[]): Promise<Rows> {
    this.hasWritten ||= joinable.writes;
    return this.joined.ask(joinable, values);
  }

  async takeTurn(subject: string): Promise<void> {
    if (!(await this.joined.take(subject, this))) throw this.#leave();
  }

  #leave(): Error {
    this.#isOut = true;
    return new Error('this unit of work has to run alone');
  }
}

import type { ClientConfig } from 'pg';
import { StartupError } from '../startup-error.js';
import { isCancelled, isLockTimeout, isRefused } from './database-errors.js';
import { cutUnlessAnswered, heard, OrderlyClient, PostgresWarning, unlessWarned } from './postgres-client.js';
import { UnconfirmedError } from './unconfirmed-error.js';

/** How long a command waits for PostgreSQL. */
export interface Patience {
  readonly statementMs: number;
  readonly lockMs: number;
  readonly commitMs: number;
}

/** Somebody may sit in front of it. A site that is removed takes its sign-ins along, of which there may be many. */
export const FOR_A_CHANGE: Patience = { statementMs: 30_000, lockMs: 5_000, commitMs: 5_000 };
/** Its statements go over whole tables. A standby may have much of them to take in before it confirms them. */
export const FOR_EVERYTHING: Patience = { statementMs: Infinity, lockMs: 60_000, commitMs: 60_000 };

/** PostgreSQL gives up first, and says more than that there is no answer. */
const LATER_MS = 5_000;

/** No time-out of PostgreSQL ends that wait, nor the end of the connection: it would go on with all its locks. */
const END_THE_WAIT = `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'SyncRep'`;

/** Whatever the role is set to. Warnings are heard: one at a COMMIT says that it may be lost. */
export function sessionOptions({ statementMs, lockMs }: Patience): string {
  const statement = Number.isFinite(statementMs) ? statementMs : 0;
  return `-c statement_timeout=${statement} -c idle_in_transaction_session_timeout=0 -c lock_timeout=${lockMs} -c client_min_messages=warning`;
}

/** A connection of a command: what takes too long ends, and why is said in words. */
export class CommandClient extends OrderlyClient {
  readonly #pool: ClientConfig & { readonly patience: Patience };
  readonly #patience: Patience;

  constructor(pool: ClientConfig & { readonly patience: Patience }) {
    super(pool);
    this.#pool = pool;
    this.#patience = pool.patience;
  }

  protected override async ask(given: readonly unknown[]): Promise<unknown> {
    const [text] = given;
    const isCommit = typeof text === 'string' && text.endsWith('COMMIT');
    return isCommit ? this.#commit(given) : this.#inTime(given, this.#patience.statementMs);
  }

  async #commit(given: readonly unknown[]): Promise<unknown> {
    const { commitMs } = this.#patience;
    const session = await this.#inTime(['SELECT pg_backend_pid() AS pid'], commitMs);
    const [{ pid }] = (session as { rows: [{ pid: number }] }).rows;
    const timer = setTimeout(() => void this.#endTheWait(pid), commitMs);
    try {
      return await unlessWarned(this, () => this.#answered(given, commitMs));
    } catch (error) {
      throw isRefused(error) ? inWords(error, this.#patience) : unconfirmed(error as Error, this.#patience);
    } finally {
      clearTimeout(timer);
    }
  }

  /** For a standby that is not there. Does not throw: without it the connection is cut. */
  async #endTheWait(pid: number): Promise<void> {
    const other = new OrderlyClient(this.#pool);
    other.on('error', heard);
    try {
      await other.connect();
      await other.query(END_THE_WAIT, [pid]);
    } catch {
      // What is told of the connection then is as true.
    } finally {
      await other.end().catch(heard);
    }
  }

  #inTime(given: readonly unknown[], withinMs: number): Promise<unknown> {
    return this.#answered(given, withinMs).catch((error: unknown) => {
      throw inWords(error, this.#patience);
    });
  }

  #answered(given: readonly unknown[], withinMs: number): Promise<unknown> {
    const result = super.ask(given);
    if (Number.isFinite(withinMs)) cutUnlessAnswered(this, result, withinMs + LATER_MS);
    return result;
  }
}

function inWords(error: unknown, { lockMs }: Patience): unknown {
  const { message } = error as Error;
  if (isLockTimeout(error)) {
    return new StartupError(
      `Somebody holds a lock in PostgreSQL for longer than ${lockMs / 1_000} s that is needed here (pg_stat_activity and pg_locks show who). Nothing was changed.`,
      error,
    );
  }
  if (isRefused(error) && !isCancelled(error)) return error;
  return new StartupError(
    `PostgreSQL (DATABASE_URL) cannot be used: ${message}. Nothing was changed.`,
    error,
  );
}

function unconfirmed(error: Error, { commitMs }: Patience): UnconfirmedError {
  const what =
    error instanceof PostgresWarning
      ? `PostgreSQL made the change, but no standby has confirmed it within ${commitMs / 1_000} s (synchronous_standby_names): one that takes over may not have it. Start the standby, or take it out of that setting.`
      : `PostgreSQL did not say whether the change was made: ${error.message}.`;
  return new UnconfirmedError(what, error);
}

import pg, { type ClientBase } from 'pg';
import { StartupError } from '../startup-error.js';
import type { PoolOptions } from './pool-size.js';

/** every request ends within 3 s, of which waiting for a connection may take one. */
const ANSWER_TIMEOUT_MS = 1_900;

/** What a request may wait for a connection. */
export const CONNECT_TIMEOUT_MS = 1_000;
/** While a broker starts: no request waits for it, and that the machine is busy is no reason not to start. */
export const OPENING_TIMEOUT_MS = 10_000;

/** Why a start ends, in words: there is no connection to PostgreSQL. @param error of the driver */
export function unusable(error: unknown): StartupError {
  return new StartupError(`PostgreSQL (DATABASE_URL) cannot be used: ${(error as Error).message}`, error);
}

type Send = (...given: unknown[]) => unknown;
const send = Reflect.get(pg.Client.prototype, 'query') as Send;

/**
 * A connection that takes one statement after the other: TypeORM and oidc-provider ask for several at once, and so do
 * processes that answer each other (`PostgresSolitude`), which the driver's next version refuses.
 */
export class OrderlyClient extends pg.Client {
  /** Resolves when the last statement that was asked for has ended; undefined: nothing is under way. */
  #turn: Promise<void> | undefined;

  override query: pg.Client['query'] = (...given: unknown[]): never => {
    // The driver's callback form is used by TypeORM only while it opens.
    if (given.some((one) => typeof one === 'function')) return Reflect.apply(send, this, given) as never;
    const before = this.#turn;
    const result = before === undefined ? this.ask(given) : before.then(() => this.ask(given));
    const end = (): void => {
      if (this.#turn === turn) this.#turn = undefined;
    };
    const turn = result.then(end, end);
    this.#turn = turn;
    return result as never;
  };

  /** Sends it: nothing is under way. */
  protected ask(given: readonly unknown[]): Promise<unknown> {
    return Reflect.apply(send, this, given) as Promise<unknown>;
  }
}

type Connected = (error: Error | null) => void;

/**
 * The same, one of a pool, closed when a statement gets no answer in time.
 *
 * The driver's own time-out leaves it open, drops the ROLLBACK that waits behind the statement, and the pool hands the
 * connection to the next unit of work, whose COMMIT would then keep what was reported as failed.
 */
export class ImpatientClient extends OrderlyClient {
  readonly #pool: PoolOptions;

  constructor(pool: PoolOptions) {
    super(pool as object);
    this.#pool = pool;
  }

  /** Pools use the driver's callback form. */
  override connect: pg.Client['connect'] = (...given: unknown[]): never => {
    const [connected] = given as [Connected];
    const { size } = this.#pool;
    const tell: Connected = (error) => {
      if (error) {
        size.failed(this.#pool);
      } else {
        size.made(this.#pool);
        this.once('end', () => size.ended(this.#pool));
      }
      connected(error);
    };
    size.begun();
    super.connect(tell as (error: Error) => void);
    return undefined as never;
  };

  protected override ask(given: readonly unknown[]): Promise<unknown> {
    const result = super.ask(given);
    cutUnlessAnswered(this, result, ANSWER_TIMEOUT_MS);
    return result;
  }
}

/** Closes the connection of which `result` was asked, when that has not come by then. */
export function cutUnlessAnswered(client: object, result: Promise<unknown>, withinMs: number): void {
  let isOver = false;
  const cutUnlessOver = (): void => {
    if (!isOver) cut(client, `PostgreSQL did not answer within ${withinMs} ms`);
  };
  // What came while this process stood still is read after what is due, and before this: that is an answer in time.
  const timer = setTimeout(() => setImmediate(cutUnlessOver), withinMs);
  const stop = (): void => {
    isOver = true;
    clearTimeout(timer);
  };
  result.then(stop, stop);
}

/** Closes a connection at once; what is under way on it fails with `why`. */
export function cut(client: object, why: string): void {
  const { connection } = client as { connection: { stream: { destroy(error: Error): void } } };
  connection.stream.destroy(new Error(why));
}

/** PostgreSQL did what it was told, and warns that this may not be all. */
export class PostgresWarning extends Error {}

/** The SQLSTATE of what is only told. */
const SUCCESS = '00000';

/**
 * Asks for something of which a warning is a failure. COMMIT says that it has done what it was told although it gave up waiting for a
 * synchronous standby (cancelled by `statement_timeout` or by somebody), and warns that a standby which takes over may not have it.
 *
 * @throws PostgresWarning when it warns, whatever it answers then
 */
export async function unlessWarned<T>(client: ClientBase, ask: () => Promise<T>): Promise<T> {
  let warning: string | undefined;
  const hear = ({ code, message }: { code?: string | undefined; message?: string | undefined }): void => {
    if (code !== SUCCESS) warning ??= message ?? 'nothing more is said';
  };
  client.on('notice', hear);
  let answer: T;
  try {
    answer = await ask();
  } finally {
    client.off('notice', hear);
  }
  if (warning !== undefined) throw new PostgresWarning(`PostgreSQL warns: ${warning}`);
  return answer;
}

/** For errors of a connection that its query tells as well; heard by nobody, they would end the process. */
export function heard(): void {
  return;
}

import pg from 'pg';

/** every request ends within 3 s, of which waiting for a connection may take one. */
const ANSWER_TIMEOUT_MS = 1_900;

type Send = (...given: unknown[]) => unknown;
const send = Reflect.get(pg.Client.prototype, 'query') as Send;

/**
 * A connection that is closed when a statement gets no answer in time, and that takes one statement after the other: TypeORM
 * and oidc-provider ask for several at once, which the driver's next version refuses.
 *
 * The driver's own time-out leaves it open, drops the ROLLBACK that waits behind the statement, and the pool hands the
 * connection to the next unit of work, whose COMMIT would then keep what was reported as failed.
 */
export class ImpatientClient extends pg.Client {
  /** Resolves when the last statement that was asked for has ended; undefined: nothing is under way. */
  #turn: Promise<void> | undefined;

  override query: pg.Client['query'] = (...given: unknown[]): never => {
    // The driver's callback form is used by TypeORM only while it opens.
    if (given.some((one) => typeof one === 'function')) return Reflect.apply(send, this, given) as never;
    const before = this.#turn;
    const result = before === undefined ? this.#sent(given) : before.then(() => this.#sent(given));
    const end = (): void => {
      if (this.#turn === turn) this.#turn = undefined;
    };
    const turn = result.then(end, end);
    this.#turn = turn;
    return result as never;
  };

  #sent(given: readonly unknown[]): Promise<unknown> {
    const result = Reflect.apply(send, this, given) as Promise<unknown>;
    this.#watch(result);
    return result;
  }

  #watch(result: Promise<unknown>): void {
    const { connection } = this as unknown as {
      connection: { stream: { destroy(error: Error): void } };
    };
    const timer = setTimeout(
      () => connection.stream.destroy(new Error(`PostgreSQL did not answer within ${ANSWER_TIMEOUT_MS} ms`)),
      ANSWER_TIMEOUT_MS,
    );
    const stop = (): void => clearTimeout(timer);
    result.then(stop, stop);
  }
}

/** For errors of a connection that its query tells as well; heard by nobody, they would end the process. */
export function heard(): void {
  return;
}

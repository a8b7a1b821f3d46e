import { Batches } from './batches.js';
import type { Found } from './look-up.js';

interface Waiting {
  readonly key: string;
  readonly settle: (json: string | undefined) => void;
  readonly fail: (error: unknown) => void;
}

/** By key. */
type Questioners = Map<string, Waiting[]>;

/** Has the answers to all `keys`; to be called once, and soon. */
export type Ask = (keys: readonly string[]) => Promise<readonly Found[]>;

/** Stands in no text of PostgreSQL, and asking for it would fail all who asked with it. */
const NOWHERE = '\0';

/** So many hear their answers in a turn; what they make of them takes a millisecond together. */
const TOLD_AT_ONCE = 8;

/**
 * Asks once for all keys that are wanted in one turn of the event loop, while others are asked for, or until there is a connection:
 * under load a round trip to the database costs more than the look-ups in it (P-3), and the more has to be done the longer all wait.
 *
 * @param connect waits for a connection of a pool, and gives what asks on it
 */
export function gathered(connect: () => Promise<Ask>): (key: string) => Promise<string | undefined> {
  const questions = new Questions(connect);
  return (key) => (key.includes(NOWHERE) ? Promise.resolve(undefined) : questions.want(key));
}

/**
 * The database is to work while answers are dealt with here, which takes longer than to find them (P-3). So whoever waits is asked
 * for before anybody hears an answer, and a few hear theirs in each turn: told all at once, they would come back together, be
 * asked for in one question, and all wait for that.
 */
class Questions {
  #waiting: Questioners = new Map();
  readonly #batches: Batches<Ask, Questioners>;

  constructor(connect: () => Promise<Ask>) {
    this.#batches = new Batches({
      most: Infinity,
      isWaiting: () => this.#waiting.size > 0,
      connect,
      take: () => this.#taken(),
      deal: answered,
      fail: (all, error) => tellAll(all, ({ fail }) => fail(error)),
    });
  }

  want(key: string): Promise<string | undefined> {
    return new Promise((settle, fail) => {
      const same = this.#waiting.get(key);
      if (same) same.push({ key, settle, fail });
      else this.#waiting.set(key, [{ key, settle, fail }]);
      this.#batches.wanted();
    });
  }

  #taken(): Questioners {
    const waiting = this.#waiting;
    this.#waiting = new Map();
    return waiting;
  }
}

async function answered(ask: Ask, all: Questioners): Promise<() => void> {
  const found = new Map(await ask([...all.keys()]));
  return () => tellAll(all, ({ key, settle }) => settle(found.get(key)));
}

function tellAll(all: Questioners, tell: (one: Waiting) => void): void {
  tellSome([...all.values()].flat(), tell);
}

function tellSome(all: readonly Waiting[], tell: (one: Waiting) => void): void {
  if (all.length === 0) return;
  setImmediate(() => {
    all.slice(0, TOLD_AT_ONCE).forEach(tell);
    tellSome(all.slice(TOLD_AT_ONCE), tell);
  });
}

import type { Found } from './look-up.js';

interface Waiting {
  readonly key: string;
  readonly settle: (json: string | undefined) => void;
  readonly fail: (error: unknown) => void;
}

/** Stands in no text of PostgreSQL, and asking for it would fail all who asked with it. */
const NOWHERE = '\0';

/** So many questions are under way at once; who comes then is asked for with the others who wait. */
const MOST_ASKED = 2;
/** Nobody waits longer for questions of others: the database may not answer them at all. */
const LONGEST_WAIT_MS = 10;
/** So many hear their answers in a turn; what they make of them takes a millisecond together. */
const TOLD_AT_ONCE = 8;

/**
 * Asks once for all keys that are wanted in one turn of the event loop, or while others are asked for: under load a round trip
 * to the database costs more than the look-ups in it (P-3).
 */
export function gathered(
  ask: (keys: readonly string[]) => Promise<readonly Found[]>,
): (key: string) => Promise<string | undefined> {
  const questions = new Questions(ask);
  return (key) => (key.includes(NOWHERE) ? Promise.resolve(undefined) : questions.want(key));
}

/**
 * The database is to work while answers are dealt with here, which takes longer than to find them (P-3). So whoever waits is asked
 * for before anybody hears an answer, and a few hear theirs in each turn: told all at once, they would come back together, be
 * asked for in one question, and all wait for that.
 */
class Questions {
  #waiting = new Map<string, Waiting[]>();
  #underWay = 0;
  /** The next one is about to be asked. */
  #isDue = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly ask: (keys: readonly string[]) => Promise<readonly Found[]>) {}

  want(key: string): Promise<string | undefined> {
    return new Promise((settle, fail) => {
      const same = this.#waiting.get(key);
      if (same) same.push({ key, settle, fail });
      else this.#waiting.set(key, [{ key, settle, fail }]);
      if (this.#underWay < MOST_ASKED) this.#due();
      else this.#timer ??= setTimeout(() => void this.#send(), LONGEST_WAIT_MS);
    });
  }

  /** For all who wait at the end of this turn. */
  #due(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      if (this.#underWay < MOST_ASKED) void this.#send();
    });
  }

  async #send(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const mine = this.#waiting;
    if (mine.size === 0) return;
    this.#waiting = new Map();
    this.#underWay += 1;
    const tell = await this.#answer([...mine.keys()]);
    this.#underWay -= 1;
    this.#tellAll([...mine.values()].flat(), tell);
  }

  async #answer(keys: readonly string[]): Promise<(one: Waiting) => void> {
    try {
      const found = new Map(await this.ask(keys));
      return ({ key, settle }) => settle(found.get(key));
    } catch (error) {
      return ({ fail }) => fail(error);
    }
  }

  #tellAll(all: readonly Waiting[], tell: (one: Waiting) => void): void {
    if (all.length === 0) return;
    this.#due();
    setImmediate(() => {
      all.slice(0, TOLD_AT_ONCE).forEach(tell);
      this.#tellAll(all.slice(TOLD_AT_ONCE), tell);
    });
  }
}

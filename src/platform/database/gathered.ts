import type { Found } from './look-up.js';

interface Waiting {
  readonly settle: (json: string | undefined) => void;
  readonly fail: (error: unknown) => void;
}

/** Stands in no text of PostgreSQL, and asking for it would fail all who asked with it. */
const NOWHERE = '\0';

/** So many questions are under way at once; who comes then is asked for with the others who wait. */
const MOST_ASKED = 2;
/** Nobody waits longer for questions of others: the database may not answer them at all. */
const LONGEST_WAIT_MS = 10;

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
      if (same) same.push({ settle, fail });
      else this.#waiting.set(key, [{ settle, fail }]);
      if (this.#underWay < MOST_ASKED) this.#due();
      else this.#timer ??= setTimeout(this.#due, LONGEST_WAIT_MS);
    });
  }

  readonly #due = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isDue || this.#waiting.size === 0) return;
    this.#isDue = true;
    setImmediate(() => void this.#send());
  };

  async #send(): Promise<void> {
    const mine = this.#waiting;
    this.#waiting = new Map();
    this.#isDue = false;
    this.#underWay += 1;
    try {
      const found = new Map(await this.ask([...mine.keys()]));
      for (const [key, all] of mine) for (const { settle } of all) settle(found.get(key));
    } catch (error) {
      for (const all of mine.values()) for (const { fail } of all) fail(error);
    } finally {
      this.#underWay -= 1;
      this.#due();
    }
  }
}

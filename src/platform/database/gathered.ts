import type { Found } from './look-up.js';

interface Waiting {
  readonly settle: (json: string | undefined) => void;
  readonly fail: (error: unknown) => void;
}

/** Stands in no text of PostgreSQL, and asking for it would fail all who asked with it. */
const NOWHERE = '\0';

/**
 * Asks once for all keys that are wanted in one turn of the event loop: under load a round trip to the database costs more
 * than the look-ups in it (P-3).
 */
export function gathered(
  ask: (keys: readonly string[]) => Promise<readonly Found[]>,
): (key: string) => Promise<string | undefined> {
  let waiting = new Map<string, Waiting[]>();
  const send = async (): Promise<void> => {
    const mine = waiting;
    waiting = new Map();
    try {
      const found = new Map(await ask([...mine.keys()]));
      for (const [key, all] of mine) for (const { settle } of all) settle(found.get(key));
    } catch (error) {
      for (const all of mine.values()) for (const { fail } of all) fail(error);
    }
  };
  return (key) =>
    new Promise((settle, fail) => {
      if (key.includes(NOWHERE)) {
        settle(undefined);
        return;
      }
      if (waiting.size === 0) setImmediate(() => void send());
      const same = waiting.get(key);
      if (same) same.push({ settle, fail });
      else waiting.set(key, [{ settle, fail }]);
    });
}

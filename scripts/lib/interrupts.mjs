import { Interrupted } from './child.mjs';

/**
 * Ctrl-C in a terminal reaches npm and the program it runs, and npm passes its own on: the program hears it twice, and
 * may take the second for "do not wait for what is still going on". So one of two within a moment is dropped.
 */
const moment = 500;

/** To be called before anything listens to SIGINT: Node binds `process.emit` when the first listener comes. */
export function dropRepeatedInterrupts() {
  const emit = /** @type {(...args: unknown[]) => boolean} */ (process.emit.bind(process));
  let last = -Infinity;
  /** @param {unknown[]} args @returns {boolean} */
  const once = (...args) => {
    if (args[0] !== 'SIGINT') return emit(...args);
    const now = performance.now();
    if (now - last < moment) return true;
    last = now;
    // A listener that removes itself would otherwise leave the second one to Node, which ends the process.
    const stay = () => undefined;
    process.on('SIGINT', stay);
    setTimeout(() => process.off('SIGINT', stay), moment).unref();
    return emit(...args);
  };
  process.emit = /** @type {typeof process.emit} */ (once);
}

/** Rejects at Ctrl-C and the like; a second one is ignored, so that the cleaning is not cut short. @returns {Promise<never>} */
export function interruption() {
  return new Promise((_resolve, reject) => {
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
      process.on(signal, () => reject(new Interrupted(signal)));
    }
  });
}

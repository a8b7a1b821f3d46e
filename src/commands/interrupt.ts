import { EXIT } from './exit.js';

/** Ctrl-C, a closed terminal, or a supervisor; the second one ends the process at once. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Work that can be ended before it is done, and clears away what it has begun.
 * @param outcome what is told then @returns the exit code
 */
export async function interruptible(
  outcome: string,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<number> {
  const controller = new AbortController();
  const listenNoMore = (): void => {
    for (const name of SIGNALS) process.off(name, abort);
  };
  const abort = (): void => {
    // Whichever comes next ends the process, as it does where nobody listens.
    listenNoMore();
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, abort);
  try {
    await work(controller.signal);
    return EXIT.ok;
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    process.stderr.write(`Interrupted: ${outcome}\n`);
    return EXIT.interrupted;
  } finally {
    listenNoMore();
  }
}

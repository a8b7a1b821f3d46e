import { setTimeout as pause } from 'node:timers/promises';

/**
 * Tries again until `attempt` does not throw any more: for what another process or the network does in its own time.
 *
 * @throws the last error once `withinMs` have passed
 */
export async function eventually<T>(attempt: () => Promise<T> | T, withinMs = 5_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await pause(20);
    }
  }
}

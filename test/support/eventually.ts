import { setTimeout as pause } from 'node:timers/promises';

/**
 * No promise of the broker, which are of seconds: only so that a failure says what is missing before Jest's limit says that
 * time is over. A machine that has much else to do takes ten times as long as one that has not.
 */
const PATIENCE_MS = 30_000;

/**
 * Tries again until `attempt` does not throw any more: for what another process or the network does in its own time.
 *
 * @throws the last error once nobody would wait any longer
 */
export async function eventually<T>(attempt: () => Promise<T> | T): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await pause(20);
    }
  }
}

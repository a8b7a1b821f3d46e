import { HOUR, MINUTE, SECOND } from '../../shared/clock.js';
import type { Random } from '../../shared/random.js';

/** Pauses after the first, second, … failed sending; the last one again and again. */
const PAUSES = [10 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR] as const;

/**
 * How long to wait after the given number of failed sendings, with ±20 % jitter, so that mails that failed together
 * do not come back together.
 */
export function pauseAfter(attempts: number, random: Random): number {
  const pause = PAUSES[Math.min(attempts, PAUSES.length) - 1] ?? PAUSES[0];
  return Math.round(pause * (0.8 + random.below(401) / 1_000));
}

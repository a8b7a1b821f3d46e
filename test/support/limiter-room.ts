import type { Limiter, Rule } from '../../src/platform/limits/limiter.js';
import { RedisLimiter } from '../../src/platform/limits/redis-limiter.js';
import { DomainError } from '../../src/shared/domain-error.js';
import type { FixedClock } from './fixed-clock.js';

export const MINUTE = 60_000;

export const rule = (bucket: string, limit: number, more: Partial<Rule> = {}): Rule => ({
  bucket,
  key: 'k',
  limit,
  windowMs: MINUTE,
  ...more,
});

/** A limiter whose time the test moves. */
export interface Room {
  readonly clock: FixedClock;
  readonly limiter: Limiter;
  readonly passes: (...rules: Rule[]) => Promise<boolean>;
  readonly givesBack: (rule: Rule) => Promise<unknown>;
}

export function roomOf(clock: FixedClock, limiter: Limiter): Room {
  const givesBack = async (one: Rule): Promise<unknown> =>
    limiter instanceof RedisLimiter ? limiter.add([{ rule: one, count: -1 }]) : limiter.giveBackNow([one]);
  const passes = (...rules: Rule[]): Promise<boolean> =>
    limiter.take(rules).then(
      () => true,
      (error: unknown) => {
        if (error instanceof DomainError && error.kind === 'rate-limited') return false;
        throw error;
      },
    );
  return { clock, limiter, passes, givesBack };
}

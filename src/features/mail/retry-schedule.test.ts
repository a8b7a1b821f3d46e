import { describe, expect, test } from '@jest/globals';
import { HOUR, MINUTE, SECOND } from '../../shared/clock.js';
import { Random } from '../../shared/random.js';
import { pauseAfter } from './retry-schedule.js';

/** Draws the lowest or the highest number, always. */
class Loaded extends Random {
  constructor(private readonly side: 'low' | 'high') {
    super();
  }
  override bytes(count: number): Buffer {
    return Buffer.alloc(count);
  }
  override below(limit: number): number {
    return this.side === 'low' ? 0 : limit - 1;
  }
}

describe('the pause after a failed sending', () => {
  test.each([
    [1, 10 * SECOND],
    [2, 30 * SECOND],
    [3, 2 * MINUTE],
    [4, 10 * MINUTE],
    [5, 30 * MINUTE],
    [6, HOUR],
    [7, HOUR],
    [29, HOUR],
  ])('after %d attempts is %d ms, give or take 20 %% (R-21)', (attempts, pause) => {
    expect(pauseAfter(attempts, new Loaded('low'))).toBe(pause * 0.8);
    expect(pauseAfter(attempts, new Loaded('high'))).toBe(pause * 1.2);
  });
});

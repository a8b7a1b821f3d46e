import { describe, expect, test } from '@jest/globals';
import { Pace } from './pace.js';

describe('the pace of sending', () => {
  test('the first mail goes at once, the next ones 200 ms apart at five a second (R-22)', () => {
    const pace = new Pace(5);
    expect([1_000, 1_000, 1_050].map((now) => pace.reserve(now))).toEqual([0, 200, 350]);
  });

  test('a quiet time is not saved up for a burst', () => {
    const pace = new Pace(5);
    pace.reserve(0);
    expect([10_000, 10_000].map((now) => pace.reserve(now))).toEqual([0, 200]);
  });
});

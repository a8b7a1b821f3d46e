import { describe, expect, test } from '@jest/globals';
import { skeletonOf } from './account.js';

describe('the skeleton of a user name (S-103)', () => {
  test.each([
    ['PayPaI', 'paypal'],
    ['alice1', 'alicel'],
    ['b0b', 'bob'],
    ['BOB', 'bob'],
    ['tom', 'torn'],
    ['vvanda', 'wanda'],
  ])('takes %s and %s for the same', (left, right) => {
    expect(skeletonOf(left)).toBe(skeletonOf(right));
  });

  test.each([
    ['alice', 'alicia'],
    ['bob', 'bobby'],
    ['user2', 'user3'],
    ['a-b', 'a_b'],
  ])('tells %s from %s', (left, right) => {
    expect(skeletonOf(left)).not.toBe(skeletonOf(right));
  });
});

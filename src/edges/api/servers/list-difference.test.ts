import { describe, expect, test } from '@jest/globals';
import type { ServerId } from '../../../shared/ids.js';
import { differences, knownIn, knownOf, tokenOf } from './list-difference.js';
import type { RenderedServer } from './server-entry.js';

const at = (id: number, version = 0): RenderedServer => ({
  id: id.toString(16).padStart(32, '0') as ServerId,
  json: `{"version":${version}}`,
  hash: Buffer.alloc(24, version),
});
const many = (count: number): RenderedServer[] => Array.from({ length: count }, (_, id) => at(id));

describe('what a listener knows', () => {
  test.each([0, 1, 50])('of %d servers fits into the id of an event, and comes back', (count) => {
    const known = knownOf(many(count));
    const token = tokenOf(known);
    expect(token.length).toBeLessThanOrEqual(1_500);
    expect(knownIn(token)).toEqual(known);
  });

  test('of more servers does not: the empty id makes clients forget', () => {
    expect(tokenOf(knownOf(many(51)))).toBe('');
  });

  test.each(['', 'x', 'kAAAA', 'k=', `k${'A'.repeat(1_501)}`, 'k\n'])('is not read out of %j', (token) => {
    expect(knownIn(token)).toBeNull();
  });
});

describe('the way from one list to another', () => {
  test('is nothing when they are equal', () => {
    expect(differences(knownOf(many(3)), many(3))).toEqual([]);
  });

  test('removes, adds and changes, and says after each step what is known', () => {
    const events = differences(knownOf([at(1), at(2)]), [at(2, 7), at(3)]);
    expect(events.map(({ event, data }) => [event, data])).toEqual([
      ['removed', `{"id":"${at(1).id}"}`],
      ['changed', '{"version":7}'],
      ['added', '{"version":0}'],
    ]);
    expect(events.map(({ known }) => known)).toEqual([
      knownOf([at(2)]),
      knownOf([at(2, 7)]),
      knownOf([at(2, 7), at(3)]),
    ]);
  });

  test('leads to the same place wherever it was cut off', () => {
    const wanted = [at(2, 7), at(3), at(4)];
    for (const { known } of differences(knownOf([at(1), at(2)]), wanted)) {
      const rest = differences(known, wanted);
      expect(rest.at(-1)?.known ?? known).toEqual(knownOf(wanted));
    }
  });
});

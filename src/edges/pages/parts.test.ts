import { expect, test } from '@jest/globals';
import { partOf } from './parts.js';

const LETTERS = ['a', 'b', 'c', 'd', 'e'];

test.each([
  ['1', ['a', 'b'], 1, 1],
  ['2', ['c', 'd'], 2, 3],
  ['3', ['e'], 3, 5],
])('part %s of a list', (wanted, items, page, first) => {
  expect(partOf(LETTERS, wanted, 2)).toEqual({ items, page, pages: 3, first, total: 5 });
});

test.each([
  ['', 1],
  ['0', 1],
  ['-1', 1],
  ['two', 1],
  ['4', 3],
  ['999999999999', 1],
])('%j is no part: the nearest that makes sense is shown', (wanted, page) => {
  expect(partOf(LETTERS, wanted, 2).page).toBe(page);
});

test('an empty list has one empty part', () => {
  expect(partOf([], '1', 2)).toEqual({ items: [], page: 1, pages: 1, first: 0, total: 0 });
});

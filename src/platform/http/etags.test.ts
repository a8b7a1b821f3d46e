import { expect, test } from '@jest/globals';
import { isUnchanged } from './etags.js';

test.each([
  ['"a"', true, 'the same'],
  ['W/"a"', true, 'the same, weakened by a proxy'],
  ['"b", "a"', true, 'one of several'],
  ['*', true, 'whatever there is'],
  ['"b"', false, 'another'],
  ['a', false, 'no tag'],
  ['', false, 'nothing'],
  [undefined, false, 'no header'],
])('If-None-Match of %j against "a": %j, %s', (header, expected, _why) => {
  expect(isUnchanged(header, '"a"')).toBe(expected);
});

import { expect, test } from '@jest/globals';
import { nearness } from './pin.js';

test.each([
  ['192.0.2.10', '192.0.2.10', 'same'],
  ['192.168.1.10', '192.168.1.77', 'near'],
  ['192.168.1.10', '192.168.2.10', 'other'],
  ['2001:db8:1:2::/64', '2001:db8:1:2::/64', 'same'],
  ['2001:db8:1:2::/64', '2001:db8:1:3::/64', 'near'],
  ['2001:db8:1:2::/64', '2001:db8:2:2::/64', 'other'],
  ['192.0.2.10', '2001:db8:1:2::/64', 'other'],
  ['unknown', 'unknown', 'other'],
])('%s and %s are %s', (one, other, expected) => {
  expect(nearness(one, other)).toBe(expected);
  expect(nearness(other, one)).toBe(expected);
});

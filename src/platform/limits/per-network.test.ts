import { expect, test } from '@jest/globals';
import { networkOf } from '../../shared/network.js';
import { perNetwork } from './per-network.js';

const rule = { bucket: 'b', limit: 5, windowMs: 1_000 };

test('an IPv4 address is counted alone, also when it is written as IPv6', () => {
  for (const ip of ['192.0.2.7', '::ffff:192.0.2.7']) {
    expect(perNetwork({ ...rule, key: networkOf(ip) })).toEqual([{ ...rule, key: '192.0.2.7' }]);
  }
});

test('an IPv6 network is counted with the /48 around it, which may do four times as much (S-21)', () => {
  const [one, other] = ['2001:db8:1:2::1', '2001:db8:1:ffff::1'].map((ip) =>
    perNetwork({ ...rule, key: networkOf(ip) }),
  );
  const wide = { ...rule, bucket: 'b-wide', key: '2001:db8:1::/48', limit: 20 };
  expect(one).toEqual([{ ...rule, key: '2001:db8:1:2::/64' }, wide]);
  expect(other).toEqual([{ ...rule, key: '2001:db8:1:ffff::/64' }, wide]);
});

test('callers whose address is unknown share a rule', () => {
  expect(perNetwork({ ...rule, key: networkOf('nothing') })).toEqual([{ ...rule, key: 'unknown' }]);
});

import { wideNetworkAround } from '../../shared/network.js';
import type { Rule } from './limiter.js';

/**
 * A rule whose key is a network, and for IPv6 the same for the /48 around it: whoever holds one could otherwise take a
 * fresh /64 for each try.
 *
 * @param times how much more a /48 may do than one of its 65,536 /64s (S-21)
 */
export function perNetwork(rule: Rule, times = 4): Rule[] {
  if (!rule.key.endsWith('/64')) return [rule];
  const key = wideNetworkAround(rule.key);
  return [rule, { ...rule, bucket: `${rule.bucket}-wide`, key, limit: rule.limit * times }];
}

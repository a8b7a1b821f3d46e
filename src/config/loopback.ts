import { isIP } from 'node:net';
import { CidrSet } from '../shared/network.js';

const LOOPBACK = CidrSet.parse(['127.0.0.0/8', '::1/128']);

/** Whether a HOST setting can only be reached from this machine. A name other than `localhost` is assumed not to. */
export function isLoopbackHost(host: string): boolean {
  return isIP(host) === 0 ? host === 'localhost' : LOOPBACK.contains(host);
}

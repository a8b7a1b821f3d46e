import { isIP } from 'node:net';
import type { Server } from '../servers/index.js';

/** One way to a server. */
export interface Address {
  readonly url: string;
  readonly scope: 'local' | 'remote';
}

/**
 * The addresses of a server, the most promising for this visitor first: at home, where the server's last update came
 * from, its local one; elsewhere its remote one. An order to try, never a right (S-81).
 *
 * @param network of the visitor (`networkOf`)
 */
export function ranked(
  { url, localAddress, network: home }: Pick<Server, 'url' | 'localAddress' | 'network'>,
  network: string,
): Address[] {
  const remote: Address = { url, scope: 'remote' };
  if (localAddress === '' || localAddress === url) return [remote];
  const local: Address = { url: localAddress, scope: 'local' };
  return home === network ? [local, remote] : [remote, local];
}

/** An address with what a device wants to know before it tries it. */
export interface DescribedAddress extends Address {
  readonly scheme: 'http' | 'https';
  /** `name`: only the resolver knows. */
  readonly family: 'ipv4' | 'ipv6' | 'name';
}

export function described(address: Address): DescribedAddress {
  const { protocol, hostname } = new URL(address.url);
  const ip = isIP(hostname.replace(/^\[|\]$/g, ''));
  const family = ip === 4 ? 'ipv4' : ip === 6 ? 'ipv6' : 'name';
  return { ...address, scheme: protocol === 'https:' ? 'https' : 'http', family };
}

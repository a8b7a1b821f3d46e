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

import { wideNetworkAround } from '../../shared/network.js';

/** A place as coarse as people may see it (S-14): the wider network around the one that is kept; '' where it faded. */
export function coarse(network: string): string {
  return network === '' ? '' : wideNetworkAround(network);
}

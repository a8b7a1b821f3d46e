import type { ServerList } from '../../../features/discovery/index.js';
import { ReadyAnswer } from '../../../platform/http/ready-answer.js';
import { renderServer } from './server-entry.js';
import { listOf } from './server-list.js';

/**
 * One list as it is sent to apps, ready for each network that makes a difference: those where one of its servers stands
 * put that server's local address first. Two are kept, elsewhere and the home that asked last, so that a list has its
 * bytes at most twice.
 */
export class SeenLists {
  readonly #homes: ReadonlySet<string>;
  #elsewhere: ReadyAnswer | undefined;
  #atHome: { readonly network: string; readonly answer: ReadyAnswer } | undefined;
  /** Asked for last, and so kept at hand: each step through memory is one to wait for (P-1). */
  #lastNetwork: string | undefined;
  #last: ReadyAnswer | undefined;

  constructor(private readonly list: ServerList) {
    this.#homes = new Set(list.servers.map(({ server }) => server.network));
  }

  /** @param network of the app (`networkOf`) */
  from(network: string): ReadyAnswer {
    if (this.#last === undefined || this.#lastNetwork !== network) {
      this.#last = this.#from(network);
      this.#lastNetwork = network;
    }
    return this.#last;
  }

  #from(network: string): ReadyAnswer {
    if (!this.#homes.has(network)) return (this.#elsewhere ??= this.#seen(network));
    if (this.#atHome?.network !== network) this.#atHome = { network, answer: this.#seen(network) };
    return this.#atHome.answer;
  }

  #seen(network: string): ReadyAnswer {
    const { etag, body } = listOf(this.list.servers.map((server) => renderServer(server, network)));
    return new ReadyAnswer(etag, body);
  }
}

/** As `ServerList.ready` takes it. */
export function seenLists(list: ServerList): SeenLists {
  return new SeenLists(list);
}

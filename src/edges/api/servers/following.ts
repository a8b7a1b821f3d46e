import type { ListSubscription } from '../../../features/discovery/index.js';
import type { EventStream } from './event-stream.js';
import { differences, knownOf, tokenOf, type KnownServers } from './list-difference.js';
import type { ServerList } from './server-list.js';

/** Why a stream ends, as the app is told. */
export type Farewell = 'signed-out' | 'stopping';

/** What a stream follows, asked anew each time. */
export interface Followed {
  isStillIn(): Promise<boolean>;
  list(): Promise<ServerList>;
}

/** One app that follows its list: looks again when told to, one look at a time, and sends what has changed. */
export class Following {
  #known: KnownServers = new Map();
  #isLooking = false;
  #mustLookAgain = false;
  #hasEnded = false;

  /** @param onEnd is called once, and may be told why it failed */
  constructor(
    private readonly stream: EventStream,
    private readonly followed: Followed,
    private readonly subscription: Pick<ListSubscription, 'holds'>,
    private readonly onEnd: (failure?: unknown) => void,
  ) {}

  /** The first thing sent: all of it, or what came since the app was here. */
  begin(list: ServerList, before: KnownServers | null, isReturning: boolean): void {
    this.subscription.holds(list.servers.map(({ id }) => id));
    if (before === null) this.#sendAll(list, isReturning ? 'reset' : 'snapshot');
    else this.#sendSince(before, list);
  }

  /** Something may have changed. */
  look(): void {
    if (this.#hasEnded) return;
    this.#mustLookAgain = true;
    if (!this.#isLooking) void this.#lookUntilSettled();
  }

  beat(): void {
    this.stream.beat();
    // What another node has changed may not have been told.
    this.look();
  }

  sayFarewell(reason: Farewell): void {
    if (this.#hasEnded) return;
    this.stream.send({ event: 'bye', data: JSON.stringify({ reason }) });
    this.stream.end();
    this.end();
  }

  /** The reader went away, or must go. */
  end(failure?: unknown): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.onEnd(failure);
  }

  async #lookUntilSettled(): Promise<void> {
    this.#isLooking = true;
    try {
      while (this.#mustLookAgain && !this.#hasEnded) {
        this.#mustLookAgain = false;
        await this.#lookOnce();
      }
    } catch (error) {
      // No list is better than a wrong one: the app comes back and is told what it missed.
      this.stream.cut();
      this.end(error);
    } finally {
      this.#isLooking = false;
    }
  }

  async #lookOnce(): Promise<void> {
    if (!(await this.followed.isStillIn())) {
      this.sayFarewell('signed-out');
      return;
    }
    const list = await this.followed.list();
    this.subscription.holds(list.servers.map(({ id }) => id));
    this.#sendSince(this.#known, list);
  }

  #sendAll({ servers, body, etag }: ServerList, event: 'snapshot' | 'reset'): void {
    this.#known = knownOf(servers);
    const data = `${body.slice(0, -1)},"etag":${JSON.stringify(etag)}}`;
    this.stream.send({ event, data, id: tokenOf(this.#known) });
  }

  #sendSince(before: KnownServers, { servers }: ServerList): void {
    for (const { event, data, known } of differences(before, servers)) {
      this.stream.send({ event, data, id: tokenOf(known) });
    }
    this.#known = knownOf(servers);
  }
}

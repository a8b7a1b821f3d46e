import { Injectable } from '@nestjs/common';
import { DiscoveryService, ListChanges } from '../../../features/discovery/index.js';
import { isUnchanged } from '../../../platform/http/etags.js';
import type { AccountId } from '../../../shared/ids.js';
import { Apps, type AppCaller } from '../bearer/apps.service.js';
import { tokenInvalid } from '../problems/refusals.js';
import { Listeners } from './listeners.service.js';
import { renderServer } from './server-entry.js';
import { listOf, type ServerList } from './server-list.js';

/** For how long, and until what, somebody waits for a list. */
export interface Wait {
  /** `If-None-Match`. */
  readonly known: string | undefined;
  readonly ms: number;
  /** The caller went away. */
  readonly gone: AbortSignal;
}

/** The lists of servers, and waiting for them to change. */
@Injectable()
export class ServerLists {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly changes: ListChanges,
    private readonly listeners: Listeners,
    private readonly apps: Apps,
  ) {}

  /** Seen from a network (`networkOf`). Complete or an error. */
  async of(accountId: AccountId, network: string): Promise<ServerList> {
    const links = await this.discovery.serversFor(accountId);
    return listOf(links.map((link) => renderServer(link, network)));
  }

  /**
   * The list as soon as it is another one than the caller knows, or as it is when the time is over.
   *
   * @throws DomainError what `Listeners.open` throws; unauthenticated when the sign-in ends meanwhile
   */
  async whenChanged(app: AppCaller, network: string, { known, ms, gone }: Wait): Promise<ServerList> {
    const { id: accountId } = app.account;
    const alarm = new Alarm();
    const listener = this.listeners.open(app, { look: () => alarm.ring(), stop: () => alarm.stop() });
    const subscription = this.changes.subscribe(accountId, () => alarm.ring());
    const onGone = (): void => alarm.stop();
    gone.addEventListener('abort', onGone);
    const timer = setTimeout(onGone, ms);
    try {
      for (;;) {
        const list = await this.of(accountId, network);
        if (alarm.isStopped || !isUnchanged(known, list.etag)) return list;
        subscription.holds(list.servers.map(({ id }) => id));
        await alarm.heard();
        // What is answered now is judged now (S-62).
        if (!(await this.apps.isStillIn(app))) throw tokenInvalid();
      }
    } finally {
      clearTimeout(timer);
      gone.removeEventListener('abort', onGone);
      subscription.end();
      listener.close();
    }
  }
}

/** Rings once for each hearing, however often it was rung before; after `stop` it rings for ever. */
class Alarm {
  isStopped = false;
  #hasRung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#hasRung = true;
    this.#wake?.();
  }

  stop(): void {
    this.isStopped = true;
    this.ring();
  }

  async heard(): Promise<void> {
    if (!this.#hasRung) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = undefined;
    this.#hasRung = this.isStopped;
  }
}

import { MINUTE, type Clock } from '../../shared/clock.js';
import type { Log } from '../logging/log.js';
import type { Readiness } from '../http/readiness.js';
import type { Connections } from './connections.js';
import { standbyMissing } from './database-metrics.js';
import type { OpenCommits } from './open-commits.js';

/** Others are done within some milliseconds, and after 1.9 s it is given up: of each that hangs, a look every second sees one at least. */
const LONG_MS = 500;
/** Once it was seen it counts as missing for so long: nobody knows better before the next commit. */
const RECENTLY_MS = MINUTE;

/** Of other roles it is not told, and nodes share one. */
const LOOK = `SELECT 1 FROM pg_stat_activity
  WHERE wait_event = 'SyncRep' AND state_change < clock_timestamp() - interval '${LONG_MS} milliseconds' LIMIT 1`;

const WORDS =
  'PostgreSQL does not confirm changes, because it waits for a standby that is not there (synchronous_standby_names): they end in a time-out. Start the standby, or take it out of that setting';

/**
 * Whether commits wait for a synchronous standby that has gone missing. Nobody but PostgreSQL can tell that from other trouble of a
 * commit, and it is asked only while one takes long: by a reader, as all writers may be waiting.
 */
export class StandbyWatch {
  #seenAt = -Infinity;

  constructor(
    private readonly connections: Pick<Connections, 'read'>,
    private readonly commits: OpenCommits,
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  /** Lists can be read meanwhile: a node that were not ready would be sent nobody. */
  mentionedBy(readiness: Readiness): void {
    readiness.mention('standby-missing', () => this.#isMissing);
    standbyMissing.readBy({}, () => Number(this.#isMissing));
  }

  /** Does not throw: a database that does not answer is told of elsewhere. */
  async look(): Promise<void> {
    if (performance.now() - this.commits.oldest < LONG_MS) return;
    const waiting = await Promise.resolve(this.connections.read(LOOK, [])).catch(() => []);
    if (waiting.length === 0) return;
    if (!this.#isMissing) this.log.error({}, WORDS);
    this.#seenAt = this.clock.now();
  }

  get #isMissing(): boolean {
    return this.clock.now() - this.#seenAt < RECENTLY_MS;
  }
}

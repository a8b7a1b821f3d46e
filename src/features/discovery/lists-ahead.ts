import { Injectable } from '@nestjs/common';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { Config } from '../../config/index.js';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { gauge } from '../../platform/metrics/metrics.js';
import { SECOND } from '../../shared/clock.js';
import type { AccountId } from '../../shared/ids.js';
import { LinksService } from '../links/index.js';
import { Directory } from './directory.js';

const JOB = 'read lists ahead';
/** What was forgotten is read again, and what failed is tried again. */
const AGAIN_MS = 15 * SECOND;
/** About 4 ms of SQLite. */
const AT_ONCE = 64;
/** Whoever asks goes first: a process that is busy for more than this share of a pause is left alone for longer. */
const BUSY = 0.5;
/** Shorter ones would tell more of the timer than of the process. */
const PAUSE_MS = { idle: 4, busy: 20 };

const ahead = gauge({
  name: 'signpost_lists_read_ahead',
  help: '1 once as many server lists as may be have been read ahead since the start, or since changes may have passed unheard; else 0.',
  labels: {},
});

/**
 * Reads lists before anybody asks for them, while the process has little else to do: after a start or a failover everybody
 * comes at once, and a list that is remembered costs less than half of one that is read (P-12, R-41).
 */
@Injectable()
export class ListsAhead {
  #last: AccountId | '' = '';
  /** What was read before is forgotten when this is no longer the directory's. */
  #epoch = -1;
  #isDone = false;
  #isRunning = false;

  constructor(
    private readonly directory: Directory,
    private readonly links: LinksService,
    private readonly jobs: Jobs,
    private readonly config: Config,
  ) {}

  /** Once the broker listens: nobody waits for this. */
  begin(): void {
    ahead.readBy({}, () => (this.#isDone && this.#epoch === this.directory.epoch ? 1 : 0));
    if (!this.config.listsReadAhead) return;
    this.jobs.soon(JOB, () => this.#run());
    this.jobs.every(JOB, AGAIN_MS, () => this.#run());
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      if (this.#epoch !== this.directory.epoch) this.#beginAnew();
      while (!this.#isDone && this.directory.hearsAll && !this.jobs.isStopped) {
        this.#isDone = this.directory.isFull || (await this.#readSome());
        await this.#whileBusy();
      }
    } finally {
      this.#isRunning = false;
    }
  }

  #beginAnew(): void {
    this.#epoch = this.directory.epoch;
    this.#last = '';
    this.#isDone = false;
  }

  /** Returns after a moment in which the process had little to do. */
  async #whileBusy(): Promise<void> {
    for (let ms = PAUSE_MS.idle; !this.jobs.isStopped; ms = PAUSE_MS.busy) {
      const before = performance.eventLoopUtilization();
      await pause(ms, undefined, { ref: false });
      if (performance.eventLoopUtilization(before).utilization <= BUSY) return;
    }
  }

  /** @returns whether that was all */
  async #readSome(): Promise<boolean> {
    const accounts = await this.links.accountsAfter(this.#last, AT_ONCE);
    const last = accounts.at(-1);
    if (last === undefined) {
      this.directory.hasReadAll(this.#epoch);
      return true;
    }
    const results = await Promise.allSettled(accounts.map((id) => this.directory.readAhead(id)));
    const failed = results.filter((result) => result.status === 'rejected');
    // One that cannot be read is told when somebody asks for it; where none can be, the database is away.
    if (failed.length === results.length) throw failed[0]?.reason;
    this.#last = last;
    return false;
  }
}

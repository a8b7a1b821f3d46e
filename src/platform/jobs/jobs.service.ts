import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { Log } from '../logging/log.js';
import { counter, NAMES_IN_THE_CODE } from '../metrics/metrics.js';

/** By `name`: what is called `job` is the broker itself to Prometheus. */
const runs = counter({
  name: 'signpost_jobs_total',
  help: 'Runs of background jobs, such as cleaning and delivery, by name: done or failed. A failed one comes round again; each has a line "job failed" in the log.',
  labels: { name: NAMES_IN_THE_CODE, outcome: ['done', 'failed'] },
});

/** Work that comes round: cleaning, delivery. One run of a job at a time; a failed run is logged and comes round again. */
@Injectable()
export class Jobs implements BeforeApplicationShutdown {
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #running = new Set<Promise<void>>();
  #stopped = false;
  readonly #conditions: (() => boolean)[] = [];

  constructor(private readonly log: Log) {}

  /** Long work asks from time to time, and ends. */
  get isStopped(): boolean {
    return this.#stopped;
  }

  /** A job that one node does for all runs here only while `holds` does; asked before each run. */
  forAllOnlyIf(holds: () => boolean): void {
    this.#conditions.push(holds);
  }

  /** As `every`, on one node of those that share the database. Another takes over when it is gone. */
  everyByOne(name: string, periodMs: number, work: () => Promise<void>): void {
    this.#comeRound(name, periodMs, work, () => this.#conditions.every((holds) => holds()));
  }

  /** Runs `work` on each node every `periodMs` from now on, until the process stops. */
  every(name: string, periodMs: number, work: () => Promise<void>): void {
    this.#comeRound(name, periodMs, work, () => true);
  }

  /** Runs `work` now, and `againAfterMs` after each time that it failed, until it succeeds or the process stops. */
  untilDone(name: string, againAfterMs: number, work: () => Promise<void>): void {
    const again = (): void => {
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        this.untilDone(name, againAfterMs, work);
      }, againAfterMs);
      this.#timers.add(timer.unref());
    };
    this.soon(name, async () => {
      try {
        await work();
      } catch (error) {
        if (!this.#stopped) again();
        throw error;
      }
    });
  }

  /** Runs `work` once, soon, beside the request that asked for it. */
  soon(name: string, work: () => Promise<void>): void {
    if (!this.#stopped) this.#track(name, work, () => undefined);
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Stops the clock and waits for what runs, so that the database is closed after it. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    await this.idle();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.stop();
  }

  #comeRound(name: string, periodMs: number, work: () => Promise<void>, isDue: () => boolean): void {
    countable(name);
    let busy = false;
    const timer = setInterval(() => {
      if (busy || this.#stopped || !isDue()) return;
      busy = true;
      this.#track(name, work, () => (busy = false));
    }, periodMs);
    this.#timers.add(timer.unref());
  }

  #track(name: string, work: () => Promise<void>, done: () => void): void {
    // Asynchronous from its first line: what it throws at once must not end the process either.
    const run = (async () => work())()
      .then(
        () => runs.count({ name, outcome: 'done' }),
        (error: unknown) => {
          runs.count({ name, outcome: 'failed' });
          this.log.error({ job: name, error }, 'job failed');
        },
      )
      .finally(() => {
        this.#running.delete(run);
        done();
      });
    this.#running.add(run);
  }
}

/** At nought, once it is known that there is such a job: its first failure is then seen as growth. */
function countable(name: string): void {
  for (const outcome of ['done', 'failed'] as const) runs.series({ name, outcome });
}

import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { Clock, SECOND } from '../../shared/clock.js';
import type { Connections } from '../database/connections.js';
import { CONNECTIONS } from '../database/database.module.js';
import { Readiness } from '../http/readiness.js';
import { Jobs } from '../jobs/jobs.service.js';
import { Log } from '../logging/log.js';
import { SystemClock } from './system-clock.js';
import { clocksDiffer, isInDoubt, timeOf } from './two-clocks.js';

/** A clock of a machine drifts by less than a millisecond in that. */
const ASK_EVERY_MS = 5 * SECOND;
/** So far a machine may be off before it is said. */
const SAY_AT_MS = 30 * SECOND;
/** Beyond that an answer says too little to live by; that the clocks differ by minutes it says all the same. */
const SLOW_MS = SECOND;

const DIFFER = 'the clocks of this machine and of PostgreSQL differ';

/**
 * On PostgreSQL all nodes live by its clock: what expires, expires everywhere at once, however their machines are set
 * . Between two answers time goes on by the monotonic clock, and also while it is in doubt which clock is right: a database
 * that takes next year for today would have everybody signed out, links missing in lists, and all of it cleared away. A node that starts
 * in such doubt has no time before, and does not start.
 */
@Injectable()
export class DatabaseTime implements OnModuleInit {
  /** How far the machine is ahead of the database. */
  #offMs = 0;
  #isSaid = false;

  constructor(
    @Inject(CONNECTIONS) private readonly connections: Connections,
    private readonly clock: Clock,
    private readonly jobs: Jobs,
    private readonly readiness: Readiness,
    private readonly log: Log,
  ) {}

  /** @throws StartupError nobody knows what time it is */
  async onModuleInit(): Promise<void> {
    const { clock } = this;
    if (this.connections.kind !== 'postgres' || !(clock instanceof SystemClock)) return;
    await this.#ask(clock);
    if (this.#isInDoubt) throw clocksDiffer(this.#offMs);
    this.readiness.require('clock', () => this.#requireRight());
    this.jobs.forAllOnlyIf(() => !this.#isInDoubt);
    this.jobs.every('ask the database for the time', ASK_EVERY_MS, async () => {
      await this.#ask(clock);
      this.#say();
    });
  }

  async #ask(clock: SystemClock): Promise<void> {
    const before = performance.now();
    const now = await timeOf(this.connections.reader);
    const machine = clock.machineNow;
    const after = performance.now();
    this.#offMs = machine - now;
    if (!this.#isInDoubt && after - before <= SLOW_MS) clock.set(now, (before + after) / 2);
  }

  get #isInDoubt(): boolean {
    return isInDoubt(this.#offMs);
  }

  get #offSeconds(): number {
    return Math.round(this.#offMs / SECOND);
  }

  #say(): void {
    const isOff = Math.abs(this.#offMs) > SAY_AT_MS;
    if (isOff && !this.#isSaid) this.log.error({ seconds: this.#offSeconds }, `${DIFFER}: set both by NTP`);
    this.#isSaid = isOff;
  }

  #requireRight(): Promise<void> {
    return this.#isInDoubt ? Promise.reject(new Error(DIFFER)) : Promise.resolve();
  }
}

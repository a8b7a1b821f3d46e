import { Inject, Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { ChangeFeed } from '../../platform/changes/change-feed.js';
import type { Connections } from '../../platform/database/connections.js';
import { CONNECTIONS } from '../../platform/database/database.module.js';
import type { Epoch, Succession } from '../../platform/database/epochs.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Log } from '../../platform/logging/log.js';
import { Clock } from '../../shared/clock.js';
import { Random } from '../../shared/random.js';
import { RestoreHold } from './restore-hold.service.js';
import { RestoresRepository, type Restore } from './restores.repository.js';

const UNKNOWN =
  'PostgreSQL does not say which of its copies it is (pg_control_system is refused): after a failover put the hold on by hand, `signpost restore hold`';

/**
 * A standby that took over may lack the last that was acknowledged, and a copy that was put in the place of the database
 * does: either holds the broker like a restored backup. The database keeps in which epoch it was written last, each
 * process the one that it has seen; a difference to either one is noticed before anything is answered from the new one.
 */
@Injectable()
export class Failovers {
  constructor(
    @Inject(CONNECTIONS) private readonly connections: Connections,
    private readonly restores: RestoresRepository,
    private readonly hold: RestoreHold,
    private readonly feed: ChangeFeed,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly log: Log,
    private readonly config: Config,
  ) {}

  /** At the start, before anything is answered. */
  async begin(): Promise<void> {
    const { epochs, kind } = this.connections;
    const { current } = epochs;
    if (current === null) {
      if (kind === 'postgres') this.log.warn({}, UNKNOWN);
      return;
    }
    await this.#enter(this.restores, current, null);
    this.#compare(current);
    epochs.settleBy((now, how, connections) => this.#follow(now, how, connections));
  }

  /** What a connection that is open would not show by itself: files that were put back under it. */
  look(): Promise<void> {
    return this.connections.epochs.look();
  }

  async #follow(now: Epoch, how: Succession, connections: Connections): Promise<void> {
    const restores = new RestoresRepository(new UnitOfWork(connections, this.random));
    const what = { how, timeline: now.timeline };
    try {
      await this.#enter(restores, now, how);
      await this.hold.read(restores);
    } catch (error) {
      this.log.warn({ ...what, error }, 'another PostgreSQL answers than before, and cannot be used yet');
      throw error;
    }
    this.feed.forget();
    const held = this.hold.isHeld;
    this.log.warn(
      { ...what, held },
      'another PostgreSQL answers than before: a standby took over, or a copy',
    );
  }

  #enter(
    restores: RestoresRepository,
    { system, timeline, asOf }: Epoch,
    how: Succession | null,
  ): Promise<void> {
    const now = this.clock.now();
    const isOlder = how === 'older';
    return restores.enter({ system, timeline, enteredAt: now, isOlder }, (before) => {
      const isPromoted = !isOlder && before.system === system && before.timeline < timeline;
      if (isPromoted && this.config.databaseStandby === 'synchronous') return null;
      return this.#holdSince(Math.min(now, asOf ?? now), now);
    });
  }

  #holdSince(backupCreatedAt: number, restoredAt: number): Restore {
    return { id: this.random.hex(16), backupCreatedAt, restoredAt, acceptedAt: null };
  }

  #compare({ waitsForStandby }: Epoch): void {
    if (this.config.databaseStandby !== 'synchronous' || waitsForStandby) return;
    this.log.warn(
      { setting: 'DATABASE_STANDBY' },
      'PostgreSQL waits for no standby (synchronous_standby_names is empty): what takes over may lack what was acknowledged',
    );
  }
}

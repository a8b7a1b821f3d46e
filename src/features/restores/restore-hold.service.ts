import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { Log } from '../../platform/logging/log.js';
import { Clock, HOUR, MINUTE, SECOND } from '../../shared/clock.js';
import { DomainError } from '../../shared/domain-error.js';
import { RestoresRepository, type Restore } from './restores.repository.js';

/** What every node knows at least this recently; an older reading is read again before it counts. */
const FRESH_MS = 2 * SECOND;

/**
 * After a restore the database does not know what happened since its backup. Media servers and devices that are told so
 * act on it: they remove guests and forget servers. So nothing is said to them until the operator accepts the restore
 * and for a while after that no server is told that it is unknown.
 *
 * The hold is a row, so that every node sees it.
 */
@Injectable()
export class RestoreHold {
  #restores: readonly Restore[] = [];
  #readAt = -Infinity;
  #reading: Promise<void> | undefined;

  constructor(
    private readonly restores: RestoresRepository,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly config: Config,
  ) {}

  /** As of the last reading. */
  get isHeld(): boolean {
    return holds(this.#restores);
  }

  /** Known, and lately, to be off: what was remembered before may be answered. */
  get isOff(): boolean {
    return !this.isHeld && performance.now() - this.#readAt <= FRESH_MS;
  }

  /** @throws DomainError unavailable `restore-hold` until the operator has accepted the restore */
  async refuseWhileHeld(): Promise<void> {
    await this.#freshen();
    if (!this.isHeld) return;
    throw new DomainError(
      'unavailable',
      'restore-hold',
      'An older copy of the database is in use and waits for its operator. Try again later.',
      { retryAfterSeconds: (5 * MINUTE) / SECOND, announced: true },
    );
  }

  /**
   * For what is not in the database, before a media server is told so: it may have come after the backup.
   *
   * @throws DomainError unavailable `restore-grace` as long as that is likely
   */
  async refuseToDeny(): Promise<void> {
    await this.#freshen();
    const now = this.clock.now();
    const { restoreGrace } = this.config;
    if (!this.#restores.some(({ acceptedAt }) => acceptedAt !== null && now < acceptedAt + restoreGrace))
      return;
    throw new DomainError(
      'unavailable',
      'restore-grace',
      'This server may be newer than the backup that was restored. Try again later.',
      { retryAfterSeconds: HOUR / SECOND, announced: true },
    );
  }

  /** Reads it anew. @param from another database than the usual way leads to */
  read(from?: RestoresRepository): Promise<void> {
    if (from) return this.#read(from);
    this.#reading ??= this.#read(this.restores).finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  /** Reads it anew where that works; while the database is away everything else fails with it. */
  async readIfPossible(): Promise<void> {
    await this.read().catch((error: unknown) => this.log.debug({ error }, 'the restore hold cannot be read'));
  }

  /** For the log at each start, once the broker has said that it listens, and now and then. */
  warn(): void {
    const held = this.#restores.find(({ acceptedAt }) => acceptedAt === null);
    if (!held) return;
    this.log.warn(
      {
        backupOf: new Date(held.backupCreatedAt).toISOString(),
        restoredAt: new Date(held.restoredAt).toISOString(),
      },
      'restore hold: media servers and devices are told to come back later, until `signpost restore accept`',
    );
  }

  async #freshen(): Promise<void> {
    if (performance.now() - this.#readAt > FRESH_MS) await this.read();
  }

  async #read(from: RestoresRepository): Promise<void> {
    const since = performance.now();
    const before = this.#restores;
    const now = await from.all();
    // One that was asked later was faster; this one may come from a primary that is none any more.
    if (since < this.#readAt) return;
    this.#restores = now;
    this.#readAt = since;
    if (holds(before) && !holds(now)) {
      this.log.info({}, 'restore accepted: media servers and devices are answered again');
    }
  }
}

function holds(restores: readonly Restore[]): boolean {
  return restores.some(({ acceptedAt }) => acceptedAt === null);
}

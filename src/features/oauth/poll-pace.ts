import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { digestOf } from '../../platform/crypto/digest.js';
import { Clock, SECOND } from '../../shared/clock.js';

/** Told to devices (RFC 8628, 3.2). */
export const POLL_INTERVAL_SECONDS = 5;

/** A device that is on time may look early: networks and timers vary. */
const TOLERANCE_MS = SECOND;

const MOST_DEVICES = 10_000;

interface Pace {
  readonly polledAt: number;
  readonly intervalMs: number;
}

/** Slows down devices that ask too often: each time, they must wait five seconds longer (RFC 8628, 3.5; S-43). */
@Injectable()
export class PollPace {
  readonly #paces = new Map<string, Pace>();

  constructor(
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  /** Counts a poll. @throws SlowDown */
  async require(deviceCode: string): Promise<void> {
    if (this.config.limits === 'off') return;
    const key = digestOf(deviceCode);
    const known = this.#paces.get(key);
    const intervalMs = known?.intervalMs ?? POLL_INTERVAL_SECONDS * SECOND;
    const polledAt = this.clock.now();
    const isEarly = known !== undefined && polledAt < known.polledAt + intervalMs - TOLERANCE_MS;
    this.#keep(key, {
      polledAt,
      intervalMs: isEarly ? intervalMs + POLL_INTERVAL_SECONDS * SECOND : intervalMs,
    });
    if (!isEarly) return;
    const { errors } = await import('./oidc.js');
    throw new errors.SlowDown();
  }

  /** The ones that asked longest ago go first. */
  #keep(key: string, pace: Pace): void {
    this.#paces.delete(key);
    this.#paces.set(key, pace);
    const [oldest] = this.#paces.keys();
    if (this.#paces.size > MOST_DEVICES && oldest !== undefined) this.#paces.delete(oldest);
  }
}

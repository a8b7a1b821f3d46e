import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { digestOf } from '../../platform/crypto/digest.js';
import { Pace } from '../../platform/limits/pace.js';
import { SECOND } from '../../shared/clock.js';

/** Told to devices (RFC 8628, 3.2). */
export const POLL_INTERVAL_SECONDS = 5;

const INTERVAL_MS = POLL_INTERVAL_SECONDS * SECOND;
const RULE = { bucket: 'device-code', pauseMs: INTERVAL_MS, moreMs: INTERVAL_MS, toleranceMs: SECOND };

/** Slows down devices that ask too often: each time, they must wait five seconds longer (RFC 8628, 3.5; S-43). */
@Injectable()
export class PollPace {
  constructor(
    private readonly pace: Pace,
    private readonly config: Config,
  ) {}

  /** Counts a poll. @throws SlowDown */
  async require(deviceCode: string): Promise<void> {
    if (this.config.limits === 'off') return;
    if (!(await this.pace.isEarly({ ...RULE, key: digestOf(deviceCode) }))) return;
    const { errors } = await import('./oidc.js');
    throw new errors.SlowDown();
  }
}

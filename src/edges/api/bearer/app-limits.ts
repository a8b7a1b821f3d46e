import { Injectable } from '@nestjs/common';
import { Config } from '../../../config/index.js';
import { Limiter, type Rule } from '../../../platform/limits/limiter.js';
import { perNetwork } from '../../../platform/limits/per-network.js';
import type { Errand } from '../../../platform/limits/strangers.js';
import { MINUTE } from '../../../shared/clock.js';

const BUCKETS = { ask: 'api-network-minute', end: 'api-network-end-minute' } as const;

/** How often the API may be called: by a network, whoever it is, and by an app (S-25). */
@Injectable()
export class AppLimits {
  constructor(
    private readonly limiter: Limiter,
    private readonly config: Config,
  ) {}

  /** Before it is known who asks: also the /48 around it. @throws DomainError rate-limited */
  async countNetwork(network: string, errand: Errand): Promise<void> {
    await this.limiter.take(perNetwork(this.#ofNetwork(network, errand)));
  }

  /** @throws DomainError rate-limited */
  async countApp(signInId: string): Promise<void> {
    await this.limiter.take([this.#ofApp(signInId)]);
  }

  /** Both at once; false, and nothing was counted, where `countNetwork` and `countApp` must be asked. */
  countNow(network: string, signInId: string): boolean {
    return this.limiter.takeNow([this.#ofNetwork(network, 'ask'), this.#ofApp(signInId)]);
  }

  #ofNetwork(network: string, errand: Errand): Rule {
    const limit = this.config.apiRequestsNetwork;
    return { bucket: BUCKETS[errand], key: network, limit, windowMs: MINUTE };
  }

  #ofApp(signInId: string): Rule {
    const limit = this.config.apiRequestsApp;
    return { bucket: 'api-app-minute', key: signInId, limit, windowMs: MINUTE };
  }
}

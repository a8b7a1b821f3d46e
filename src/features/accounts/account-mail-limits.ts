import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { Limiter } from '../../platform/limits/limiter.js';
import { perNetwork } from '../../platform/limits/per-network.js';
import { DAY, HOUR } from '../../shared/clock.js';
import { DomainError } from '../../shared/domain-error.js';
import { comparable, type Account } from './account.js';

/** Limits on the mails that anybody can have sent to an account by naming it (S-25). */
@Injectable()
export class AccountMailLimits {
  constructor(
    private readonly limiter: Limiter,
    private readonly config: Config,
  ) {}

  /**
   * Counts one mail for what was typed, whether it names an account or not.
   *
   * Only the limit of the network may show: user name and address of one account share a count, so an answer that
   * changed with it would tell whose address it is (S-32).
   *
   * @returns whether the account may get one more
   * @throws DomainError rate-limited for the network
   */
  async take(account: Account | null, typed: string, network: string): Promise<boolean> {
    const { accountMailsHour, accountMailsDay, accountMailsNetworkHour: limit } = this.config;
    const key = account?.id ?? `unknown ${comparable(typed).slice(0, 254)}`;
    await this.limiter.take(
      perNetwork({ bucket: 'account-mail-network-hour', key: network, limit, windowMs: HOUR }),
    );
    try {
      await this.limiter.take([
        { bucket: 'account-mail-hour', key, limit: accountMailsHour, windowMs: HOUR },
        { bucket: 'account-mail-day', key, limit: accountMailsDay, windowMs: DAY },
      ]);
      return true;
    } catch (error) {
      if (error instanceof DomainError && error.kind === 'rate-limited') return false;
      throw error;
    }
  }
}

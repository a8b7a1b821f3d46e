import { Injectable } from '@nestjs/common';
import type { AccountId } from '../../shared/ids.js';
import { LinksService, type UsableLink } from '../links/index.js';

/** The answer a device came for: which servers, where, with which key. */
@Injectable()
export class DiscoveryService {
  constructor(private readonly links: LinksService) {}

  /** Every server that the account may use. Complete or an error: devices forget what is missing (E4). */
  serversFor(accountId: AccountId): Promise<UsableLink[]> {
    return this.links.usableBy(accountId);
  }
}

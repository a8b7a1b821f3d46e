import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { AccountId } from '../../shared/ids.js';
import { KnownBrowsers } from '../accounts/index.js';
import { AuditTrail } from '../audit/index.js';
import { DevicesService } from './devices.service.js';
import { WebSessionsService } from './web-sessions.service.js';

/** All that is signed in to an account: devices and browsers together. */
@Injectable()
export class SignInsService {
  constructor(
    private readonly devices: DevicesService,
    private readonly browsers: WebSessionsService,
    private readonly knownBrowsers: KnownBrowsers,
    private readonly audit: AuditTrail,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * Ends every device, and every browser but this one; all or nothing. No browser is known any more (S-22). The caller
   * has re-authenticated (S-09).
   */
  async endOthers(accountId: AccountId, keptSession: string): Promise<void> {
    await this.unitOfWork.run(async () => {
      await this.devices.endAllWithin(accountId);
      await this.browsers.endOthersWithin(accountId, keptSession);
      await this.knownBrowsers.forgetAllWithin(accountId);
      await this.audit.record({ kind: 'others-signed-out', outcome: 'ok', accountId });
    });
  }
}

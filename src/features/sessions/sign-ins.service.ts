import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { AccountId } from '../../shared/ids.js';
import { CredentialChanges } from '../accounts/index.js';
import { AuditTrail } from '../audit/index.js';

/** All that is signed in to an account. */
@Injectable()
export class SignInsService {
  constructor(
    private readonly changes: CredentialChanges,
    private readonly audit: AuditTrail,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /**
   * Ends everything that is signed in or about to be, and every browser but this one; all or nothing. The same as with a
   * new password, so that whoever keeps sign-ins has one place to listen at. The caller has re-authenticated (S-09).
   */
  async endOthers(accountId: AccountId, keptSession: string): Promise<void> {
    await this.unitOfWork.run(async () => {
      await this.changes.announce(accountId, keptSession);
      await this.audit.record({ kind: 'others-signed-out', outcome: 'ok', accountId });
    });
  }
}

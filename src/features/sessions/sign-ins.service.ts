import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { AccountId } from '../../shared/ids.js';
import { AuditTrail } from '../audit/index.js';
import { DevicesService } from './devices.service.js';
import { WebSessionsService } from './web-sessions.service.js';

/** Ends all that is signed in to an account in one way; inside a unit of work. */
type Ending = (accountId: AccountId) => Promise<void>;

/** All that is signed in to an account: devices and browsers together, and whatever else says so. */
@Injectable()
export class SignInsService {
  readonly #others: Ending[] = [];

  constructor(
    private readonly devices: DevicesService,
    private readonly browsers: WebSessionsService,
    private readonly audit: AuditTrail,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** Whoever keeps another kind of sign-in tells here how to end them: this room cannot know it. */
  alsoEnd(ending: Ending): void {
    this.#others.push(ending);
  }

  /** Ends every device, and every browser but this one; all or nothing. The caller has re-authenticated (S-09). */
  async endOthers(accountId: AccountId, keptSession: string): Promise<void> {
    await this.unitOfWork.run(async () => {
      await this.devices.endAllWithin(accountId);
      for (const end of this.#others) await end(accountId);
      await this.browsers.endOthersWithin(accountId, keptSession);
      await this.audit.record({ kind: 'others-signed-out', outcome: 'ok', accountId });
    });
  }
}

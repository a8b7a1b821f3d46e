import { Injectable } from '@nestjs/common';
import { LinksService } from '../../features/links/index.js';
import { DevicesService, type SignedInDevice } from '../../features/sessions/index.js';
import { ReadyAnswer } from '../../platform/http/ready-answer.js';
import type { ReadyRoute } from '../../platform/http/ready-answers.js';
import { aheadOfFramework } from '../../platform/http/request-context.js';
import type { ReadyRequest } from '../../platform/http/whole-request.js';
import type { ServerId } from '../../shared/ids.js';
import { soon, type Soon } from '../../shared/soon.js';
import { ConnectCallersGuard, deviceTokenOf, signedOut } from './callers.guard.js';
import { OPEN_HEADERS } from './cors.js';

/**
 * E15 from a device that is let in (P-6): only its token counts, as it changes state on GET (Q8).
 * `AuthorizationsController.accept` answers the same, and names the link in other ways.
 */
@Injectable()
export class ReadyAccepts implements ReadyRoute {
  readonly method = 'GET';
  readonly path = '/service/ServerAuthorizations/accept';
  readonly callers = ['device'] as const;
  readonly url = /^\/service\/serverauthorizations\/accept\/?\?(serverId)=([0-9a-f]{32})$/i;
  readonly headers = OPEN_HEADERS;

  constructor(
    private readonly devices: DevicesService,
    private readonly links: LinksService,
    private readonly guard: ConnectCallersGuard,
  ) {}

  answer(request: ReadyRequest, network: string): Soon<ReadyAnswer | null> {
    const token = deviceTokenOf(request);
    if (token === undefined) return null;
    return soon(this.devices.lookUp(token, network), (device) => {
      if (device === undefined) return null;
      if (device === null) throw signedOut();
      if (!this.guard.countListNow(device.deviceId)) return null;
      return this.#accept(device, request, network);
    });
  }

  #accept({ account }: SignedInDevice, request: ReadyRequest, network: string): Promise<ReadyAnswer> {
    const serverId = this.url.exec(request.url ?? '')?.[2] as ServerId;
    return aheadOfFramework(request, network, async (requestId) => {
      await this.links.accept(account.id, { serverId });
      return new ReadyAnswer(null, '{}', requestId);
    });
  }
}

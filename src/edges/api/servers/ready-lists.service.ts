import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '../../../features/discovery/index.js';
import type { ReadyAnswer } from '../../../platform/http/ready-answer.js';
import type { ReadyRoute } from '../../../platform/http/ready-answers.js';
import type { AskAgain } from '../../../platform/http/repeated-requests.js';
import type { ReadyRequest } from '../../../platform/http/whole-request.js';
import { soon, type Soon } from '../../../shared/soon.js';
import { AppLimits } from '../bearer/app-limits.js';
import { Apps } from '../bearer/apps.service.js';
import { API_OPEN_HEADERS } from '../cors.js';
import { LIST_SCOPE } from './server-list.js';
import { seenLists } from './seen-lists.js';

/** `GET /api/v1/servers` where token and sign-in are remembered. `ServersController.list` answers the same. */
@Injectable()
export class ReadyLists implements ReadyRoute {
  readonly method = 'GET';
  readonly path = '/api/v1/servers';
  readonly callers = ['app'] as const;
  /** Without a query: what is in one must be read. */
  readonly url = /^\/api\/v1\/servers\/?$/i;
  readonly headers = API_OPEN_HEADERS;

  constructor(
    private readonly apps: Apps,
    private readonly discovery: DiscoveryService,
    private readonly limits: AppLimits,
  ) {}

  answer({ headers }: ReadyRequest, network: string): Soon<ReadyAnswer | null> {
    const app = this.apps.recogniseNow(headers.authorization);
    if (app?.scopes.has(LIST_SCOPE) !== true) return null;
    if (!this.limits.countNow(network, app.signInId)) return null;
    return soon(this.discovery.listOf(app.account.id), (list) => list.ready(seenLists).from(network));
  }

  again({ headers }: ReadyRequest): AskAgain | null {
    const claims = this.apps.checkedClaims(headers.authorization);
    if (claims === null) return null;
    return (network) => {
      const app = this.apps.admitNow(claims);
      if (app?.scopes.has(LIST_SCOPE) !== true) return null;
      const list = this.discovery.recall(app.account.id);
      return list && this.limits.countNow(network, app.signInId) ? list.ready(seenLists).from(network) : null;
    };
  }
}

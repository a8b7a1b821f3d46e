import { Injectable } from '@nestjs/common';
import { DiscoveryService, type ServerList } from '../../../features/discovery/index.js';
import type { ReadyAnswer } from '../../../platform/http/ready-answer.js';
import type { ReadyRoute } from '../../../platform/http/ready-answers.js';
import type { AskAgain } from '../../../platform/http/repeated-requests.js';
import type { ReadyRequest } from '../../../platform/http/whole-request.js';
import { soon, type Soon } from '../../../shared/soon.js';
import { AppLimits } from '../bearer/app-limits.js';
import { Apps, type AppCaller } from '../bearer/apps.service.js';
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
    const recognise = this.apps.follow(headers.authorization);
    if (recognise === null) return null;
    /** The app as it was let in last, and what it asks for: as long as it is the same, nothing of it is looked at. */
    let last: { readonly app: AppCaller; readonly listOf: () => ServerList | undefined } | undefined;
    return (network) => {
      const app = recognise();
      if (app === null) return null;
      if (last?.app !== app) {
        if (!app.scopes.has(LIST_SCOPE)) return null;
        last = { app, listOf: this.discovery.follow(app.account.id) };
      }
      const list = last.listOf();
      return list && this.limits.countNow(network, app.signInId) ? list.ready(seenLists).from(network) : null;
    };
  }
}

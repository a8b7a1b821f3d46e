import { Controller, UseGuards } from '@nestjs/common';
import { LinkRequestsService, LinksService, type LinkKind } from '../../features/links/index.js';
import { invalidField } from '../../shared/domain-error.js';
import type { AccountId, LinkId, ServerId } from '../../shared/ids.js';
import {
  ConnectCallersGuard,
  type ConnectCaller,
  type DeviceCaller,
  type ServerCaller,
} from './callers.guard.js';
import { Priority } from '../../platform/http/overload/priority.js';
import { narrowTo } from './narrow.js';
import type { Parameters } from './parameters/parameters.js';
import { authorization } from './shapes.js';
import { Caller, Endpoint, Wire } from './wire.decorators.js';

/** Links, which the wire calls server authorizations. */
@Controller('service/ServerAuthorizations')
@UseGuards(ConnectCallersGuard)
export class AuthorizationsController {
  constructor(
    private readonly requests: LinkRequestsService,
    private readonly links: LinksService,
  ) {}

  /** E11: a server asks for a link; asked again, the link gets the new key. */
  @Endpoint('POST', '', 'server')
  async request(
    @Caller() { server }: ServerCaller,
    @Wire(['serverId', 'userId', 'userType', 'accessToken', 'requesterUserName']) wire: Parameters,
  ): Promise<object> {
    narrowTo(server.id, wire, 'serverId');
    const link = await this.requests.request(server, {
      accountId: wire.required('userId') as AccountId,
      kind: kindOf(wire.required('userType')),
      key: wire.required('accessToken'),
      requester: wire.optional('requesterUserName'),
    });
    return authorization(link);
  }

  /** E12. The server acts on what is missing: complete or an error (danger D2). */
  @Endpoint('GET', '', 'server')
  async list(@Caller() { server }: ServerCaller, @Wire(['serverId']) wire: Parameters): Promise<object[]> {
    narrowTo(server.id, wire, 'serverId');
    return (await this.links.ofServer(server.id)).map(authorization);
  }

  /** E13 for servers (form body), E14 for devices (query). */
  @Priority('always')
  @Endpoint('DELETE', '', 'device', 'server')
  async end(
    @Caller() caller: ConnectCaller,
    @Wire(['serverId', 'userId']) wire: Parameters,
  ): Promise<object> {
    if (caller.kind === 'device') {
      narrowTo(caller.account.id, wire, 'userId');
      await this.links.endByAccount(caller.account.id, wire.required('serverId') as ServerId);
    } else {
      narrowTo(caller.server.id, wire, 'serverId');
      await this.links.endByServer(caller.server.id, wire.required('userId') as AccountId);
    }
    return {};
  }

  /** E15. Changes state on GET, so only the token header counts, never a cookie (Q8, D2 of the security document). */
  @Endpoint('GET', 'accept', 'device')
  async accept(
    @Caller() { account }: DeviceCaller,
    @Wire(['serverId', 'userId', 'id']) wire: Parameters,
  ): Promise<object> {
    narrowTo(account.id, wire, 'userId');
    const linkId = wire.optional('id');
    const serverId = wire.optional('serverId');
    if (serverId !== undefined) await this.links.accept(account.id, { serverId: serverId as ServerId });
    else if (linkId !== undefined) await this.links.accept(account.id, { linkId: linkId as LinkId });
    else throw invalidField('serverId', 'is missing');
    return {};
  }
}

function kindOf(userType: string): LinkKind {
  const kind = userType.toLowerCase();
  if (kind === 'linked' || kind === 'guest') return kind;
  throw invalidField('userType', 'must be Linked or Guest');
}

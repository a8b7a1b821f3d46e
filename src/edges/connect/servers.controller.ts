import { Controller, Req, UseGuards } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DiscoveryService } from '../../features/discovery/index.js';
import { LinksService } from '../../features/links/index.js';
import { ServersService } from '../../features/servers/index.js';
import { invalidField } from '../../shared/domain-error.js';
import type { ServerId } from '../../shared/ids.js';
import { Priority } from '../../platform/http/overload/priority.js';
import { ConnectCallersGuard, serverKeyOf, type DeviceCaller } from './callers.guard.js';
import { narrowTo } from './narrow.js';
import type { Parameters } from './parameters/parameters.js';
import { ReadyUpdates } from './ready-updates.service.js';
import { fieldsOf, SERVER_PARAMETERS } from './said-by-servers.js';
import { serverEntry, updateEntry, waitingEntry } from './shapes.js';
import { Caller, Endpoint, Network, Wire, WireQuery } from './wire.decorators.js';

@Controller('service')
@UseGuards(ConnectCallersGuard)
export class ServersController {
  constructor(
    private readonly servers: ServersService,
    private readonly discovery: DiscoveryService,
    private readonly links: LinksService,
    private readonly ready: ReadyUpdates,
  ) {}

  /**
   * E2 registers, E3 (with `?id=`) updates; one path, and the id only counts in the query. E3 needs the server's key,
   * which is asked for where the id is read, because 401 and 404 make a server forget its registration (danger D1).
   */
  @Priority((query) => (/(?:^|&)id=/i.test(query) ? 'server' : 'registration'))
  @Endpoint('POST', 'Servers', 'nobody-in-particular')
  async registerOrUpdate(
    @WireQuery(['id']) query: Parameters,
    @Wire(SERVER_PARAMETERS) wire: Parameters,
    @Req() request: FastifyRequest,
    @Network() network: string,
  ): Promise<object> {
    if (!query.has('id')) return this.#register(wire, network);
    const id = query.optional('id');
    if (id === undefined) throw invalidField('id', 'is empty');
    const key = serverKeyOf(request);
    const { server, same } = await this.servers.update(id as ServerId, key, () => fieldsOf(wire), network);
    if (same !== null) this.ready.note(same, request);
    return updateEntry(server);
  }

  /** E4 lists the servers of the caller; E5, with `status=Waiting`, the invitations. Always an array. */
  @Endpoint('GET', 'servers', 'device')
  async list(
    @Caller() { account }: DeviceCaller,
    @Wire(['userId', 'status']) wire: Parameters,
  ): Promise<object[]> {
    narrowTo(account.id, wire, 'userId');
    if (wire.optional('status')?.toLowerCase() === 'waiting') {
      return (await this.links.waitingFor(account.id)).map(waitingEntry);
    }
    return (await this.discovery.serversFor(account.id)).map(serverEntry);
  }

  async #register(wire: Parameters, network: string): Promise<object> {
    const { server, key } = await this.servers.register(fieldsOf(wire), network);
    return { Id: server.id, Url: server.url, Name: server.name, AccessKey: key };
  }
}

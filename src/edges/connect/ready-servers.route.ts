import { Injectable } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DiscoveryService, type ServerList } from '../../features/discovery/index.js';
import { DevicesService, type SignedInDevice } from '../../features/sessions/index.js';
import { addBareRoute, type RouteConstraint } from '../../platform/http/bare-routes.js';
import { isUnchanged } from '../../platform/http/etags.js';
import { ReadyAnswer } from '../../platform/http/ready-answer.js';
import { hasBody } from '../../platform/http/ready-answers.js';
import { ConnectCallersGuard, deviceTokenOf } from './callers.guard.js';
import { notYours } from './narrow.js';
import { serverEntry } from './shapes.js';

/** E4 as every app asks it: by its plain path, with nothing or its own id in the query. */
export const PLAIN = /^\/service\/servers\/?(?:\?(userId)=(\d{1,16}))?$/i;

/** Requests for E4 without a body whose query needs no reading; all others go the long way, to the controller. */
export const plainServersRequest: RouteConstraint = {
  name: 'plainServers',
  matches: ({ method, url, headers }) => method === 'GET' && PLAIN.test(url ?? '') && !hasBody(headers),
};

/**
 * E4, what devices ask all day, past Nest's pipeline, which would cost as much as all the rest (P-1). The rules are those
 * of the controller, from the same services: `ServersController.list` answers the same to the same request.
 */
@Injectable()
export class ReadyServersRoute {
  constructor(
    private readonly guard: ConnectCallersGuard,
    private readonly devices: DevicesService,
    private readonly discovery: DiscoveryService,
  ) {}

  addTo(instance: FastifyInstance): void {
    addBareRoute(instance, {
      path: '/service/servers',
      constraint: plainServersRequest,
      callers: ['device'],
      handler: (request, reply) => this.#answer(request, reply),
    });
  }

  async #answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { account, deviceId } = this.#known(request) ?? (await this.guard.device(request));
    await this.guard.countList(deviceId);
    const named = PLAIN.exec(request.raw.url ?? '')?.[2];
    if (named !== undefined && named !== account.id) throw notYours('userId');
    const found = this.discovery.listOf(account.id);
    const list = found instanceof Promise ? await found : found;
    reply.header('ETag', list.etag);
    if (isUnchanged(request.headers['if-none-match'], list.etag)) return reply.code(304).send();
    return reply.header('Content-Type', 'application/json; charset=utf-8').send(list.ready(readyList).bytes);
  }

  #known(request: FastifyRequest): SignedInDevice | null {
    const token = deviceTokenOf(request);
    return token === undefined ? null : this.devices.recognise(token);
  }
}

/** The list as E4 sends it; as `ServerList.ready` takes it. */
export function readyList({ servers, etag }: ServerList): ReadyAnswer {
  return new ReadyAnswer(etag, JSON.stringify(servers.map(serverEntry)));
}

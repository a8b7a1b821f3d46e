import { Injectable } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { DiscoveryService } from '../../features/discovery/index.js';
import { DevicesService } from '../../features/sessions/index.js';
import type { ReadyAnswer } from '../../platform/http/ready-answer.js';
import type { ReadyRoute } from '../../platform/http/ready-answers.js';
import { ConnectCallersGuard, deviceTokenOf } from './callers.guard.js';
import { OPEN_HEADERS } from './cors.js';
import { PLAIN, readyList } from './ready-servers.route.js';

/** E4 where token and list are remembered. `ReadyServersRoute` and `ServersController.list` answer the same. */
@Injectable()
export class ReadyServers implements ReadyRoute {
  readonly path = '/service/servers';
  readonly callers = ['device'] as const;
  readonly url = PLAIN;
  readonly headers = OPEN_HEADERS;

  constructor(
    private readonly devices: DevicesService,
    private readonly discovery: DiscoveryService,
    private readonly guard: ConnectCallersGuard,
  ) {}

  answer(request: IncomingMessage): ReadyAnswer | null {
    const token = deviceTokenOf(request);
    const device = token === undefined ? null : this.devices.recognise(token);
    if (device === null || !isOwn(request.url, device.account.id)) return null;
    const list = this.discovery.remembered(device.account.id);
    if (list === undefined || !this.guard.countListNow(device.deviceId)) return null;
    return list.ready(readyList);
  }
}

/** An id in the query may only repeat whose token it is (S-61). */
function isOwn(url: string | undefined, accountId: string): boolean {
  if (url?.includes('?') !== true) return true;
  const named = PLAIN.exec(url)?.[2];
  return named === undefined || named === accountId;
}

import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Config } from '../../config/index.js';
import { DiscoveryService } from '../../features/discovery/index.js';
import { DevicesService, type SignedInDevice } from '../../features/sessions/index.js';
import { admit } from '../../platform/http/admission.js';
import { isUnchanged } from '../../platform/http/etags.js';
import { answersOf } from '../../platform/http/http-metrics.js';
import { callerOf, COMMON_HEADERS } from '../../platform/http/fastify.js';
import { Readiness } from '../../platform/http/readiness.js';
import { Log } from '../../platform/logging/log.js';
import { ConnectCallersGuard, deviceTokenOf } from './callers.guard.js';
import { OPEN_HEADERS } from './cors.js';
import { PLAIN, plainServersRequest, renderEntry } from './ready-servers.route.js';

const HEADERS = { ...OPEN_HEADERS, ...COMMON_HEADERS };
const FULL = answersOf('/service/servers', '2xx');
const UNCHANGED = answersOf('/service/servers', '3xx');
const TYPE = 'application/json; charset=utf-8';

/**
 * E4 where everything is remembered, token and list: answered before the framework sees it, whose routing and hooks cost
 * more than the answer (P-1). It says yes only: whatever would be refused, read or explained goes on to the framework,
 * which answers the same to the byte (`ReadyServersRoute`).
 */
@Injectable()
export class ReadyServersShortcut {
  constructor(
    private readonly devices: DevicesService,
    private readonly discovery: DiscoveryService,
    private readonly guard: ConnectCallersGuard,
    private readonly readiness: Readiness,
    private readonly log: Log,
    private readonly config: Config,
  ) {}

  addTo(server: Server): void {
    const framework = server.listeners('request') as ((...given: unknown[]) => void)[];
    server.removeAllListeners('request');
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      const goOn = (): void => {
        for (const listener of framework) listener.call(server, request, response);
      };
      const device = this.#callerOf(request);
      if (device === null) goOn();
      // Refused for now: nothing was counted, and the framework says so.
      else
        this.guard.countList(device.deviceId).then(() => this.#answer(request, response, device, goOn), goOn);
    });
  }

  #answer(
    request: IncomingMessage,
    response: ServerResponse,
    { account }: SignedInDevice,
    goOn: () => void,
  ): void {
    const since = performance.now();
    // Asked again: it may have changed while the request was counted.
    const list = this.discovery.remembered(account.id);
    if (list === undefined) {
      goOn();
      return;
    }
    const requestId = randomUUID();
    const isKnown = isUnchanged(request.headers['if-none-match'], list.etag);
    const head = { ...HEADERS, 'X-Request-Id': requestId, ETag: list.etag };
    if (isKnown) response.writeHead(304, head).end();
    else {
      const body = list.bytes(renderEntry);
      response.writeHead(200, { ...head, 'Content-Type': TYPE, 'Content-Length': body.length }).end(body);
    }
    this.#log(request, { requestId, status: isKnown ? 304 : 200, since });
  }

  /** The line that the framework's requests write too. */
  #log(request: IncomingMessage, done: { requestId: string; status: number; since: number }): void {
    const { requestId, status, since } = done;
    const parameter = PLAIN.exec(request.url ?? '')?.[1];
    const parameters = parameter === undefined ? {} : { parameters: [parameter] };
    const elapsed = performance.now() - since;
    (status === 304 ? UNCHANGED : FULL).observe(elapsed / 1_000);
    const ms = Math.round(elapsed * 10) / 10;
    const { network } = callerOf(request, this.config);
    const what = { requestId, method: 'GET', path: '/service/servers', ...parameters };
    this.log.info({ ...what, status, ms, network }, 'request');
  }

  /** The device that asks for its list, if all that is needed is remembered and nothing stands against it. */
  #callerOf(request: IncomingMessage): SignedInDevice | null {
    if (!plainServersRequest.matches(request) || this.readiness.draining) return null;
    const device = this.#known(request);
    if (device === null || !isOwn(request.url, device.account.id)) return null;
    return this.discovery.remembered(device.account.id) && this.#isAdmitted(request) ? device : null;
  }

  #known(request: IncomingMessage): SignedInDevice | null {
    const token = deviceTokenOf(request);
    return token === undefined ? null : this.devices.recognise(token);
  }

  #isAdmitted(request: IncomingMessage): boolean {
    try {
      admit(request, this.config);
      return true;
    } catch {
      // The framework refuses it once more, and tells why.
      return false;
    }
  }
}

/** An id in the query may only repeat whose token it is (S-61). */
function isOwn(url: string | undefined, accountId: string): boolean {
  const named = PLAIN.exec(url ?? '')?.[2];
  return named === undefined || named === accountId;
}

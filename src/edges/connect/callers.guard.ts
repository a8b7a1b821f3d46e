import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Config } from '../../config/index.js';
import { ServersService, wrongServerKey, type Server } from '../../features/servers/index.js';
import { DevicesService, type SignedInDevice } from '../../features/sessions/index.js';
import { callersOf, type CallerClass } from '../../platform/http/callers.js';
import { errandOf } from '../../platform/http/overload/priority.js';
import { Limiter, type Rule } from '../../platform/limits/limiter.js';
import type { Errand } from '../../platform/limits/strangers.js';
import { HOUR } from '../../shared/clock.js';
import { DomainError } from '../../shared/domain-error.js';

export type DeviceCaller = { readonly kind: 'device' } & SignedInDevice;
export interface ServerCaller {
  readonly kind: 'server';
  readonly server: Server;
}
export type ConnectCaller = DeviceCaller | ServerCaller;

export interface ConnectRequest extends FastifyRequest {
  connectCaller?: ConnectCaller;
}

/** Literals that clients put where a server puts its key: no credential (1.1). */
const NO_KEY = new Set(['connect-register', 'connect-getuser']);

/** Recognises devices by `X-Connect-UserToken` and servers by `X-Connect-Token`, where a route asks for them. */
@Injectable()
export class ConnectCallersGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly devices: DevicesService,
    private readonly servers: ServersService,
    private readonly limiter: Limiter,
    private readonly config: Config,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const classes = callersOf(this.reflector, context) ?? [];
    if (classes.includes('nobody-in-particular')) return true;
    const request = context.switchToHttp().getRequest<ConnectRequest>();
    request.connectCaller = await this.#recognise(request, classes, errandOf(this.reflector, context));
    if (request.method === 'GET') await this.#count(request.connectCaller);
    return true;
  }

  /** Lists and look-ups per device or server; ending things is never counted (S-25). */
  async countList(id: string): Promise<void> {
    await this.limiter.take([this.#listRule(id)]);
  }

  /** The same at once, or false and nothing was counted. */
  countListNow(id: string): boolean {
    return this.limiter.takeNow([this.#listRule(id)]);
  }

  #listRule(id: string): Rule {
    return { bucket: 'list-hour', key: id, limit: this.config.listsHour, windowMs: HOUR };
  }

  /** The device first: browser apps send a literal in the server's header along with their token. */
  async #recognise(
    { headers, network }: FastifyRequest,
    classes: readonly CallerClass[],
    errand: Errand,
  ): Promise<ConnectCaller> {
    const token = deviceTokenOf({ headers });
    if (classes.includes('device') && token !== undefined) return this.#device(token, network, errand);
    const key = serverKeyOf({ headers });
    if (classes.includes('server') && key !== undefined) return this.#server(key, network, errand);
    throw classes.includes('device') ? signedOut() : wrongServerKey();
  }

  #count(caller: ConnectCaller): Promise<void> {
    return this.countList(caller.kind === 'device' ? caller.deviceId : caller.server.id);
  }

  async #device(token: string, network: string, errand: Errand): Promise<DeviceCaller> {
    const device = await this.devices.authenticate(token, network, errand);
    if (!device) throw signedOut();
    return { kind: 'device', ...device };
  }

  async #server(key: string, network: string, errand: Errand): Promise<ServerCaller> {
    const server = await this.servers.authenticate(key, network, errand);
    if (!server) throw wrongServerKey();
    return { kind: 'server', server };
  }
}

/** The device token that a request carries, if it carries one. */
export function deviceTokenOf(request: { readonly headers: FastifyRequest['headers'] }): string | undefined {
  const token = request.headers['x-connect-usertoken'];
  return typeof token === 'string' && token !== '' ? token : undefined;
}

/** The server key that a request carries, if it carries one. */
export function serverKeyOf(request: Pick<FastifyRequest, 'headers'>): string | undefined {
  const key = request.headers['x-connect-token'];
  return typeof key === 'string' && key !== '' && !NO_KEY.has(key.toLowerCase()) ? key : undefined;
}

export function signedOut(): DomainError {
  return new DomainError(
    'unauthenticated',
    'signed-out',
    'Sign in first: the user token is missing, wrong or expired.',
  );
}

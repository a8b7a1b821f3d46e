import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Config } from '../../../config/index.js';
import { callersOf } from '../../../platform/http/callers.js';
import { Limiter } from '../../../platform/limits/limiter.js';
import { MINUTE } from '../../../shared/clock.js';
import { ScopeMissing } from '../problems/refusals.js';
import { Apps, type AppCaller } from './apps.service.js';
import { scopesOf } from './scopes.js';

export interface AppRequest extends FastifyRequest {
  app?: AppCaller;
}

/** Lets in apps with a token that allows the operation, and nobody else (S-60). */
@Injectable()
export class AppGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly apps: Apps,
    private readonly limiter: Limiter,
    private readonly config: Config,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (!callersOf(this.reflector, context)?.includes('app')) return true;
    const request = context.switchToHttp().getRequest<AppRequest>();
    // Before the token: looking at one costs more than counting (S-25).
    await this.#count('api-network-minute', request.network, this.config.apiRequestsNetwork);
    const app = await this.apps.recognise(request.headers.authorization);
    const scopes = scopesOf(this.reflector, context);
    if (scopes.length > 0 && !scopes.some((scope) => app.scopes.has(scope))) throw new ScopeMissing(scopes);
    // Ending a link or a sign-in is never refused for being too often.
    if (request.method !== 'DELETE') {
      await this.#count('api-app-minute', app.signInId, this.config.apiRequestsApp);
    }
    request.app = app;
    return true;
  }

  async #count(bucket: string, key: string, limit: number): Promise<void> {
    await this.limiter.take([{ bucket, key, limit, windowMs: MINUTE }]);
  }
}

import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { callersOf } from '../../../platform/http/callers.js';
import { errandOf } from '../../../platform/http/overload/priority.js';
import { ScopeMissing } from '../problems/refusals.js';
import { AppLimits } from './app-limits.js';
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
    private readonly limits: AppLimits,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (!callersOf(this.reflector, context)?.includes('app')) return true;
    const request = context.switchToHttp().getRequest<AppRequest>();
    // Before the token: looking at one costs more than counting (S-25).
    const errand = errandOf(this.reflector, context);
    await this.limits.countNetwork(request.network, errand);
    const app = await this.apps.recognise(request.headers.authorization);
    const scopes = scopesOf(this.reflector, context);
    if (scopes.length > 0 && !scopes.some((scope) => app.scopes.has(scope))) throw new ScopeMissing(scopes);
    // Whoever is somebody is never refused for ending things too often.
    if (errand === 'ask') await this.limits.countApp(app.signInId);
    request.app = app;
    return true;
  }
}

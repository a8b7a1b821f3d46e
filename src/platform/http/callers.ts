import {
  SetMetadata,
  type CanActivate,
  type CustomDecorator,
  type ExecutionContext,
  Injectable,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { Config } from '../../config/index.js';
import { Limiter } from '../limits/limiter.js';
import { anonymousRule } from '../limits/strangers.js';

/**
 * Who may call a route (S-60). `nobody-in-particular`: needs no credential; everything that this opens must be safe in
 * a stranger's hands. `app`: holds an access token of ours. `health-check`: needs none either, but is never counted or
 * limited.
 */
export type CallerClass = 'nobody-in-particular' | 'browser' | 'device' | 'server' | 'app' | 'health-check';

const CALLERS = Symbol('callers');

/** Declares who may call a route. Every route needs it. */
export function Callers(...classes: [CallerClass, ...CallerClass[]]): CustomDecorator<symbol> {
  return SetMetadata(CALLERS, classes);
}

/** What a route declared, or undefined. */
export function callersOf(
  reflector: Reflector,
  context: Pick<ExecutionContext, 'getHandler' | 'getClass'>,
): CallerClass[] | undefined {
  return reflector.getAllAndOverride<CallerClass[] | undefined>(CALLERS, [
    context.getHandler(),
    context.getClass(),
  ]);
}

/**
 * Stands before every route. One that does not declare its callers answers nobody: forgetting must not open a door. One
 * that asks for no credential is counted per network (S-25).
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly limiter: Limiter,
    private readonly config: Config,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const callers = callersOf(this.reflector, context);
    if (!callers) {
      throw new Error(`${context.getClass().name}.${context.getHandler().name} does not declare its callers`);
    }
    if (callers.includes('nobody-in-particular')) await this.#count(context);
    return true;
  }

  async #count(context: ExecutionContext): Promise<void> {
    const { network } = context.switchToHttp().getRequest<FastifyRequest>();
    const rules = [anonymousRule(network, this.config)];
    // At once where that is known, together with those that are counted ahead of the framework.
    if (!this.limiter.takeNow(rules)) await this.limiter.take(rules);
  }
}

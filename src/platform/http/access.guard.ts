import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import type { Strangers } from '../limits/strangers.js';
import { callersOf } from './callers.js';
import { errandOf } from './overload/priority.js';

/**
 * Stands before every route. One that does not declare its callers answers nobody: forgetting must not open a door. One
 * that asks for no credential is counted per network (S-25).
 */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly strangers: Strangers,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const callers = callersOf(this.reflector, context);
    if (!callers) {
      throw new Error(`${context.getClass().name}.${context.getHandler().name} does not declare its callers`);
    }
    if (callers.includes('nobody-in-particular')) {
      const { network } = context.switchToHttp().getRequest<FastifyRequest>();
      await this.strangers.count(network, errandOf(this.reflector, context));
    }
    return true;
  }
}

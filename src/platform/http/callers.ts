import {
  SetMetadata,
  type CanActivate,
  type CustomDecorator,
  type ExecutionContext,
  Injectable,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';

/**
 * Who may call a route (S-60). `nobody-in-particular`: needs no credential; everything that this opens must be safe in
 * a stranger's hands.
 */
export type CallerClass = 'nobody-in-particular' | 'device' | 'server';

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

/** A route that does not declare its callers answers nobody: forgetting must not open a door. */
@Injectable()
export class UndeclaredRouteGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    if (callersOf(this.reflector, context)) return true;
    throw new Error(`${context.getClass().name}.${context.getHandler().name} does not declare its callers`);
  }
}

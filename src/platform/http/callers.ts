import { SetMetadata, type CustomDecorator, type ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';

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

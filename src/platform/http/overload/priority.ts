import { SetMetadata, type CustomDecorator, type ExecutionContext } from '@nestjs/common';
import type { Reflector } from '@nestjs/core';
import type { Errand } from '../../limits/strangers.js';
import type { CallerClass } from '../callers.js';

/**
 * Who goes first when the broker cannot serve everybody, least important first. What is refused at registration or
 * sign-in is tried again by a person; a server that cannot update and a device without its list are what the broker is for.
 * `always` is never refused: health checks, and whatever takes a right away.
 */
export const PRIORITIES = ['look-up', 'registration', 'sign-in', 'server', 'discovery', 'always'] as const;

export type Priority = (typeof PRIORITIES)[number];

/** Of a route, or by its query where one path does two things. */
export type PriorityRule = Priority | ((query: string) => Priority);

const PRIORITY = Symbol('priority');

/** Declares what a route is worth under overload, where that is not what its callers say. */
export function Priority(rule: PriorityRule): CustomDecorator<symbol> {
  return SetMetadata(PRIORITY, rule);
}

const OF_CALLERS: Readonly<Record<CallerClass, Priority>> = {
  'nobody-in-particular': 'sign-in',
  browser: 'discovery',
  server: 'server',
  device: 'discovery',
  app: 'discovery',
  'health-check': 'always',
};

/** What a route declared, else what the most important of its callers is worth. */
export function priorityOf(
  reflector: Reflector,
  place: Pick<ExecutionContext, 'getHandler' | 'getClass'>,
  callers: readonly CallerClass[],
): PriorityRule {
  return declaredAt(reflector, place) ?? mostImportant(callers.map((one) => OF_CALLERS[one]));
}

/** What takes a right away is never refused under overload, and has room of its own among strangers. */
export function errandOf(
  reflector: Reflector,
  place: Pick<ExecutionContext, 'getHandler' | 'getClass'>,
): Errand {
  return declaredAt(reflector, place) === 'always' ? 'end' : 'ask';
}

function declaredAt(
  reflector: Reflector,
  place: Pick<ExecutionContext, 'getHandler' | 'getClass'>,
): PriorityRule | undefined {
  return reflector.getAllAndOverride<PriorityRule | undefined>(PRIORITY, [
    place.getHandler(),
    place.getClass(),
  ]);
}

function mostImportant(priorities: readonly Priority[]): Priority {
  const ranks = priorities.map((one) => PRIORITIES.indexOf(one));
  return PRIORITIES[Math.max(0, ...ranks)] ?? 'always';
}

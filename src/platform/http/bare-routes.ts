import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import type { CallerClass } from './callers.js';

/** Which requests a bare route takes, by what stands before the body; asked of every request, so it must be quick. */
export interface RouteConstraint {
  readonly name: string;
  matches(request: IncomingMessage): boolean;
}

/** A route past Nest's pipeline: no guard stands before it, so its handler checks its callers itself. */
export interface BareRoute {
  /** Answers GET. */
  readonly path: string;
  /** All other requests for the path go to whatever Nest has there. */
  readonly constraint: RouteConstraint;
  /** Who may call it (S-60), for everybody to see; the handler must see to it. */
  readonly callers: readonly [CallerClass, ...CallerClass[]];
  readonly handler: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
}

const added = new WeakMap<object, BareRoute[]>();

/** What it throws goes where the errors of all other routes go. */
export function addBareRoute(instance: FastifyInstance, route: BareRoute): void {
  const { path, constraint, handler } = route;
  instance.route({ method: 'GET', url: path, constraints: { [constraint.name]: 'yes' }, handler });
  added.set(instance.server, [...bareRoutesOf(instance), route]);
}

export function bareRoutesOf(instance: FastifyInstance): readonly BareRoute[] {
  return added.get(instance.server) ?? [];
}

/** As Fastify's router wants it. */
export function routerConstraint(constraint: RouteConstraint): object {
  return {
    name: constraint.name,
    mustMatchWhenDerived: false,
    validate: () => undefined,
    storage: () => {
      const handlers = new Map<unknown, unknown>();
      return {
        get: (value: unknown) => handlers.get(value) ?? null,
        set: (value: unknown, handler: unknown) => handlers.set(value, handler),
        del: (value: unknown) => handlers.delete(value),
        empty: () => handlers.clear(),
      };
    },
    deriveConstraint: (request: IncomingMessage) => (constraint.matches(request) ? 'yes' : undefined),
  };
}

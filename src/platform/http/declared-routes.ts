import { RequestMethod, type Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';

type Handler = (...given: unknown[]) => unknown;

/** A route as its controller declares it. */
export interface DeclaredRoute {
  /** `GET`, `POST` and so on; `ALL` for each of them. */
  readonly method: string;
  /** With a slash in front and none at its end; parameters as `:name`. */
  readonly path: string;
  /** Where what decorators said of it is found. */
  readonly place: { getHandler(): Handler; getClass<T>(): Type<T> };
}

/** Every route of every controller. */
export function declaredRoutes(modules: ModulesContainer): DeclaredRoute[] {
  const controllers = [...modules.values()].flatMap((module) => [...module.controllers.values()]);
  return controllers.flatMap(({ metatype }) => (metatype ? declaredBy(metatype as Type) : []));
}

/** Every route of one controller. */
export function declaredBy(controller: Type): DeclaredRoute[] {
  const prototype = controller.prototype as Record<string, Handler>;
  return Object.getOwnPropertyNames(prototype)
    .filter((name) => name !== 'constructor')
    .map((name) => prototype[name])
    .filter((handler) => typeof handler === 'function')
    .flatMap((handler) => routesOfHandler(controller, handler));
}

function routesOfHandler(controller: Type, handler: Handler): DeclaredRoute[] {
  const method = Reflect.getMetadata('method', handler) as RequestMethod | undefined;
  if (method === undefined) return [];
  const place = { getHandler: () => handler, getClass: <T>() => controller as Type<T> };
  return pathsOf(controller, handler).map((path) => ({ method: RequestMethod[method], path, place }));
}

function pathsOf(controller: Type, handler: Handler): string[] {
  const list = (target: object): string[] =>
    [Reflect.getMetadata('path', target) as string | string[]].flat();
  return list(controller).flatMap((base) => list(handler).map((path) => joined(base, path)));
}

function joined(base: string, path: string): string {
  const parts = [base, path].map((part) => part.replace(/^\/|\/$/g, '')).filter(Boolean);
  return `/${parts.join('/')}`;
}

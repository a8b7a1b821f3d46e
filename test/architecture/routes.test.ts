import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Controller, Get, RequestMethod, type Type } from '@nestjs/common';
import { readdirSync, readFileSync } from 'node:fs';
import { ModulesContainer, Reflector } from '@nestjs/core';
import { bareRoutesOf, type BareRoute } from '../../src/platform/http/bare-routes.js';
import { scopesOf } from '../../src/edges/api/bearer/scopes.js';
import { callersOf, Callers, type CallerClass } from '../../src/platform/http/callers.js';
import { TestBroker } from '../support/broker.js';

interface Route {
  readonly name: string;
  /** undefined: nobody declared it */
  readonly callers: readonly CallerClass[] | undefined;
  /** Of apps: any one of these. */
  readonly scopes: readonly string[];
}

type Handler = (...given: unknown[]) => unknown;
const reflector = new Reflector();

/** Every route that a controller answers, with what it declares about its callers. */
function routesOf(controller: Type): Route[] {
  const prototype = controller.prototype as Record<string, Handler>;
  return Object.getOwnPropertyNames(prototype)
    .filter((name) => name !== 'constructor' && typeof prototype[name] === 'function')
    .flatMap((name) => {
      const handler = prototype[name]!;
      const method = Reflect.getMetadata('method', handler) as RequestMethod | undefined;
      if (method === undefined) return [];
      const place = { getHandler: () => handler, getClass: <T>() => controller as Type<T> };
      const callers = callersOf(reflector, place);
      const scopes = scopesOf(reflector, place);
      return pathsOf(controller, handler).map((path) => ({
        name: `${RequestMethod[method]} ${path}`,
        callers,
        scopes,
      }));
    });
}

function pathsOf(controller: Type, handler: Handler): string[] {
  const list = (target: object): string[] =>
    [Reflect.getMetadata('path', target) as string | string[]].flat();
  return list(controller).flatMap((base) =>
    list(handler).map(
      (path) =>
        `/${[base, path]
          .map((part) => part.replace(/^\/|\/$/g, ''))
          .filter(Boolean)
          .join('/')}`,
    ),
  );
}

describe('routes', () => {
  let broker: TestBroker | undefined;
  let routes: Route[] = [];
  let bare: readonly BareRoute[] = [];

  beforeAll(async () => {
    broker = await TestBroker.start();
    const modules = [...broker.app.get(ModulesContainer).values()];
    const controllers = modules.flatMap((module) => [...module.controllers.values()]);
    routes = controllers.flatMap(({ metatype }) => (metatype ? routesOf(metatype as Type) : []));
    bare = bareRoutesOf(broker.app.getHttpAdapter().getInstance());
  });
  afterAll(() => broker?.remove());

  test('declare who may call them, every one', () => {
    expect(routes.length).toBeGreaterThan(15);
    expect(routes.filter(({ callers }) => callers === undefined)).toEqual([]);
  });

  test('of the wire protocol admit exactly these callers (S-60)', () => {
    const ofProtocol = routes.filter(({ name }) => name.includes('/service'));
    const matrix = Object.fromEntries(ofProtocol.map(({ name, callers }) => [name, callers?.join(' ')]));
    expect(matrix).toEqual({
      'GET /service/ip': 'nobody-in-particular',
      'POST /service/Servers': 'nobody-in-particular',
      'GET /service/servers': 'device',
      'GET /service/user': 'device server',
      'POST /service/user/authenticate': 'nobody-in-particular',
      'POST /service/user/logout': 'device',
      'POST /service/register': 'nobody-in-particular',
      'POST /service/users/invite': 'nobody-in-particular',
      'POST /service/ServerAuthorizations': 'server',
      'GET /service/ServerAuthorizations': 'server',
      'DELETE /service/ServerAuthorizations': 'device server',
      'GET /service/ServerAuthorizations/accept': 'device',
      'POST /service/pin': 'nobody-in-particular',
      'GET /service/pin': 'nobody-in-particular',
      'POST /service/pin/authenticate': 'nobody-in-particular',
      'POST /service/pin/confirm': 'device',
    });
  });

  test('past the pipeline are these, and admit whom the long way admits', () => {
    expect(bare.map(({ path }) => path)).toEqual(['/service/servers']);
    for (const { path, callers } of bare) {
      expect(routes).toContainEqual({ name: `GET ${path}`, callers: [...callers], scopes: [] });
    }
  });

  test('are put on Fastify in one place only, which asks for their callers', () => {
    const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.tsx?$/.test(name),
    );
    const adding = sources.filter((name) =>
      /\binstance\.(?:route|get|post|all)\(/.test(readFileSync(`src/${name}`, 'utf8')),
    );
    expect(adding).toEqual(['platform/http/bare-routes.ts']);
  });

  test('of the API admit exactly these apps, and nobody else (S-60)', () => {
    const ofApi = routes.filter(({ name }) => name.includes('/api/'));
    const matrix = Object.fromEntries(
      ofApi.map(({ name, callers, scopes }) => [name, [callers?.join(' '), ...scopes].join(' | ')]),
    );
    expect(matrix).toEqual({
      'GET /api/v1/servers': 'app | servers:read',
      'GET /api/v1/servers/events': 'app | servers:read',
      'GET /api/v1/invitations': 'app | links:manage | servers:read',
      'POST /api/v1/invitations/:id/accept': 'app | links:manage',
      'POST /api/v1/invitations/:id/decline': 'app | links:manage',
      'GET /api/v1/links': 'app | links:manage | servers:read',
      'DELETE /api/v1/links/:id': 'app | links:manage',
      'GET /api/v1/profile': 'app',
      'GET /api/v1/sign-ins': 'app | sign-ins:manage',
      'DELETE /api/v1/sign-ins/current': 'app',
      'DELETE /api/v1/sign-ins/:id': 'app | sign-ins:manage',
      'GET /api/v1/openapi.json': 'nobody-in-particular',
      'GET /api/v1/docs': 'nobody-in-particular',
    });
  });

  test('that change something without a credential of the protocol are never open to a browser by GET', () => {
    const odd = routes.filter(
      ({ name, callers }) => name.startsWith('GET /service') && callers?.includes('browser'),
    );
    expect(odd).toEqual([]);
  });
});

describe('the look for routes', () => {
  test('finds one that does not declare its callers', () => {
    @Controller('fixture')
    class Forgetful {
      @Get('open')
      @Callers('nobody-in-particular')
      declared(): void {
        return;
      }

      @Get(['forgotten', 'also'])
      forgotten(): void {
        return;
      }
    }
    expect(routesOf(Forgetful)).toEqual([
      { name: 'GET /fixture/open', callers: ['nobody-in-particular'], scopes: [] },
      { name: 'GET /fixture/forgotten', callers: undefined, scopes: [] },
      { name: 'GET /fixture/also', callers: undefined, scopes: [] },
    ]);
  });
});

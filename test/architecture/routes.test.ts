import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Controller, Get } from '@nestjs/common';
import { ModulesContainer, Reflector } from '@nestjs/core';
import { readdirSync, readFileSync } from 'node:fs';
import { Callers, type CallerClass } from '../../src/platform/http/callers.js';
import { WebSessionsService } from '../../src/features/sessions/index.js';
import { routesIn, routesOf, type Route } from '../../src/routes.js';
import { signIn } from '../api/app-token.js';
import { askAt, type Call } from '../connect/ask.js';
import { account, device, server } from '../connect/cast.js';
import { declaredRoutes, type DeclaredRoute } from '../../src/platform/http/declared-routes.js';
import type { Priority } from '../../src/platform/http/overload/priority.js';
import { PriorityTable } from '../../src/platform/http/overload/priority-table.js';
import { ReadyAnswers, type ReadyRoute } from '../../src/platform/http/ready-answers.js';
import { TestBroker } from '../support/broker.js';

const OPEN: readonly CallerClass[] = ['nobody-in-particular', 'health-check'];

/** A good credential of each kind. */
async function everyKind(broker: TestBroker): Promise<Record<string, Call>> {
  const maria = await account(broker, 'maria');
  const session = { browser: 'Firefox', network: '127.0.0.1', persistent: false };
  const cookie = await broker.app.get(WebSessionsService).signIn(maria, session);
  const { token } = await signIn(broker, maria);
  return {
    nobody: {},
    browser: { headers: { Cookie: `sid=${cookie}` } },
    device: { token: await device(broker, maria) },
    server: { key: (await server(broker, 'Den')).key },
    app: { headers: { Authorization: `Bearer ${token}` } },
  };
}

describe('routes', () => {
  let broker: TestBroker | undefined;
  let declared: readonly DeclaredRoute[] = [];
  let routes: Route[] = [];
  let ready: readonly ReadyRoute[] = [];

  beforeAll(async () => {
    broker = await TestBroker.start();
    routes = routesIn(broker.app);
    declared = declaredRoutes(broker.app.get(ModulesContainer));
    ready = broker.app.get(ReadyAnswers).routes;
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

  test('refuse every kind of credential that they do not take (S-60)', async () => {
    const credentials = await everyKind(broker!);
    const guarded = routes.filter(({ callers }) => !callers?.some((caller) => OPEN.includes(caller)));
    expect(guarded.length).toBeGreaterThan(40);
    for (const { name, callers } of guarded) {
      const [method = '', path = ''] = name.replaceAll(/:\w+/g, '0'.repeat(32)).split(' ');
      const foreign = Object.entries(credentials).filter(([kind]) => !callers?.includes(kind as CallerClass));
      for (const [kind, call] of foreign) {
        const { status, headers } = await askAt(broker!, method, path, call);
        const isLedToSignIn = status === 303 && String(headers.location).startsWith('/sign-in');
        expect({ name, kind, status, isRefused: isLedToSignIn || [401, 403].includes(status) }).toMatchObject(
          {
            isRefused: true,
          },
        );
      }
    }
  });

  test('before the framework are these, and admit whom the long way admits', () => {
    const names = [
      'GET /service/servers',
      'GET /api/v1/servers',
      'POST /service/Servers',
      'GET /service/ServerAuthorizations/accept',
      'POST /service/user/authenticate',
    ];
    expect(ready.map(({ method, path }) => `${method} ${path}`)).toEqual(names);
    for (const { method, path, callers } of ready) {
      expect(routes.find(({ name }) => name === `${method} ${path}`)?.callers).toEqual(callers);
    }
  });

  test('are worth this much under overload (R-42): what takes a right away is never refused', () => {
    const table = new PriorityTable(declared, new Reflector());
    const worth = ({ method, path }: DeclaredRoute): Priority =>
      table.of(method, path.replace(/:\w+/g, 'x')).priority;
    const names = (priority: Priority): string[] =>
      declared
        .filter((route) => worth(route) === priority)
        .map(({ method, path }) => `${method} ${path}`)
        .sort();
    expect(names('always')).toEqual([
      'DELETE /api/v1/links/:id',
      'DELETE /api/v1/sign-ins/:id',
      'DELETE /api/v1/sign-ins/current',
      'DELETE /service/ServerAuthorizations',
      'GET /health/live',
      'GET /health/ready',
      'GET /oidc/end-session',
      'POST /api/v1/invitations/:id/decline',
      'POST /devices/end-app',
      'POST /devices/end-browser',
      'POST /devices/end-device',
      'POST /devices/end-others',
      'POST /invitations',
      'POST /invitations/answer',
      'POST /invitations/block',
      'POST /oidc/end-session/confirm',
      'POST /oidc/revoke',
      'POST /revert-address',
      'POST /servers/leave',
      'POST /service/user/logout',
      'POST /sign-out',
      'POST /stop',
    ]);
    expect(names('look-up')).toEqual(['GET /service/user']);
    expect(names('registration')).toEqual([
      'GET /sign-up',
      'POST /service/Servers',
      'POST /service/register',
      'POST /service/users/invite',
      'POST /sign-up',
    ]);
    expect(names('server')).toEqual([
      'GET /service/ServerAuthorizations',
      'POST /service/ServerAuthorizations',
    ]);
    expect(names('discovery')).toEqual(
      expect.arrayContaining(['GET /service/servers', 'GET /api/v1/servers']),
    );
    expect(table.of('POST', '/SERVICE/servers/?name=x&ID=1').priority).toBe('server');
    expect(table.of('HEAD', '/health/live').priority).toBe('always');
    expect(table.of('DELETE', '/%73ervice/serverauthorizations').priority).toBe('always');
    expect(table.of('GET', '/%ZZ').priority).toBe('look-up');
  });

  test('are never put on Fastify itself, past the guard that asks for their callers', () => {
    const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.tsx?$/.test(name),
    );
    const adding = sources.filter((name) =>
      /\binstance\.(?:route|get|post|all)\(/.test(readFileSync(`src/${name}`, 'utf8')),
    );
    expect(adding).toEqual([]);
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

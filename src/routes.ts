import type { INestApplication, Type } from '@nestjs/common';
import { ModulesContainer, Reflector } from '@nestjs/core';
import { scopesOf } from './edges/api/bearer/scopes.js';
import { callersOf, type CallerClass } from './platform/http/callers.js';
import { declaredBy, declaredRoutes, type DeclaredRoute } from './platform/http/declared-routes.js';

/** One route, with what it declares about its callers (S-60). */
export interface Route {
  /** Method and path. */
  readonly name: string;
  /** undefined: nobody declared it, so it answers nobody. */
  readonly callers: readonly CallerClass[] | undefined;
  /** Of apps: any one of these. */
  readonly scopes: readonly string[];
}

const reflector = new Reflector();

/** Every route of a broker, also of one that was only looked at. */
export function routesIn(app: Pick<INestApplication, 'get'>): Route[] {
  return declaredRoutes(app.get(ModulesContainer)).map(described);
}

/** Every route that a controller answers. */
export function routesOf(controller: Type): Route[] {
  return declaredBy(controller).map(described);
}

function described({ method, path, place }: DeclaredRoute): Route {
  const callers = callersOf(reflector, place);
  return { name: `${method} ${path}`, callers, scopes: scopesOf(reflector, place) };
}

const COLUMNS: readonly (readonly [CallerClass, string])[] = [
  ['nobody-in-particular', 'anybody'],
  ['browser', 'browser'],
  ['device', 'device'],
  ['server', 'server'],
  ['app', 'app'],
];

/** `docs/callers.md`. */
export function callersDocument(app: Pick<INestApplication, 'get'>): string {
  const byPath = (route: Route): string => route.name.replace(/^(\w+) (.*)$/, '$2 $1');
  const routes = routesIn(app).sort((one, other) => (byPath(one) < byPath(other) ? -1 : 1));
  const rows = routes.map((route) => cells(route)).map((row) => `| ${row.join(' | ')} |`);
  const titles = ['route', ...COLUMNS.map(([, title]) => title)];
  const lines = [titles, titles.map(() => '---')].map((row) => `| ${row.join(' | ')} |`);
  return `${HEAD}\n${[...lines, ...rows].join('\n')}\n`;
}

function cells({ name, callers = [], scopes }: Route): string[] {
  const open = callers.includes('health-check') ? ['nobody-in-particular', ...callers] : callers;
  const mark = (caller: CallerClass): string => {
    if (!open.includes(caller)) return '';
    return caller === 'app' && scopes.length > 0 ? scopes.map((scope) => `\`${scope}\``).join(' or ') : 'yes';
  };
  return [`\`${name}\``, ...COLUMNS.map(([caller]) => mark(caller))];
}

const HEAD = `# Who may call what

Every route with the kinds of callers that it takes; one that declares none answers nobody. \`npm test\` tries every route with
every kind of credential that it does not take, and expects a refusal.

- **anybody**: needs no credential. What else proves a right there stands in the request: a password, a PIN and its handle, a
  mailed token, a client's secret, a code.
- **browser**: somebody signed in on the pages (cookie); forms need their token besides.
- **device**: an app of the wire protocol (\`X-Connect-UserToken\`). **server**: a media server (\`X-Connect-Token\`).
- **app**: an access token (\`Authorization: Bearer\`), with one of the scopes named, if any.

Made by \`npm run generate\` from the routes themselves; changes here are lost.
`;

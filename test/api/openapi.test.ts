import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { routeDocuments } from '../../src/api-document.js';
import { PROBLEMS } from '../../src/edges/api/problems/problem-list.js';
import type { Account } from '../../src/features/accounts/index.js';
import { acceptedLink, account, device, server, waitingLink } from '../connect/cast.js';
import type { Answer } from '../connect/ask.js';
import { TestBroker } from '../support/broker.js';
import { api, problemIn } from './ask-api.js';
import { signIn } from './app-token.js';
import { EventReader } from './event-reader.js';

interface OperationJson {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly security?: readonly Record<string, string[]>[];
  readonly parameters: readonly { name: string; in: string; description: string; schema: object }[];
  readonly responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}

interface DocumentJson {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, OperationJson>>;
  readonly components: {
    readonly schemas: Record<
      string,
      { description?: string; properties?: Record<string, { description?: string }> }
    >;
    readonly securitySchemes: Record<
      string,
      {
        flows: {
          authorizationCode: { authorizationUrl: string; tokenUrl: string; scopes: Record<string, string> };
        };
      }
    >;
  };
}

const text = readFileSync(inCheckout('docs/openapi.json'), 'utf8');
const file = JSON.parse(text) as DocumentJson;
const operations = Object.entries(file.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({
    name: `${method.toUpperCase()} ${path}`,
    ...operation,
  })),
);

describe('docs/openapi.json', () => {
  test('is what the code says: npm run generate', async () => {
    expect((await routeDocuments()).openApi).toBe(text);
  });

  test('is a valid OpenAPI 3.1 document', async () => {
    expect(file.openapi).toBe('3.1.0');
    expect(await new Validator().validate(JSON.parse(text) as Record<string, unknown>)).toEqual({
      valid: true,
    });
  });

  test('has no operation without a name of its own, words and its errors', () => {
    expect(operations.length).toBeGreaterThan(12);
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
    for (const { name, summary, description, tags, responses } of operations) {
      expect({
        name,
        words: [summary, description].every((one) => one.length > 5),
        tags: tags.length,
      }).toEqual({
        name,
        words: true,
        tags: 1,
      });
      for (const status of ['400', '414', '421', '429', '503'])
        expect(Object.keys(responses)).toContain(status);
    }
  });

  test('says of each operation which scopes it needs', () => {
    const known = Object.keys(file.components.securitySchemes['oauth']?.flows.authorizationCode.scopes ?? {});
    for (const { name, security = [], responses } of operations) {
      const isOpen = name.includes('openapi.json') || name.includes('/docs');
      expect({ name, isOpen: security.length === 0 }).toEqual({ name, isOpen });
      expect(known).toEqual(expect.arrayContaining(security.flatMap((one) => one['oauth'] ?? [])));
      expect('401' in responses).toBe(!isOpen);
    }
  });

  test('answers problems and nothing else where something went wrong', () => {
    const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
    for (const { responses } of operations) {
      const failures = Object.entries(responses).filter(([status]) => Number(status) >= 400);
      for (const [, { content }] of failures) expect(content).toEqual(problem);
    }
  });

  test('describes every shape and every field', () => {
    for (const [name, { description, properties = {} }] of Object.entries(file.components.schemas)) {
      expect([name, description]).toEqual([name, expect.stringMatching(/.{10}/)]);
      for (const [field, about] of Object.entries(properties)) {
        expect([name, field, about.description]).toEqual([name, field, expect.stringMatching(/.{5}/)]);
      }
    }
  });

  test('describes every parameter', () => {
    for (const { name, parameters } of operations) {
      for (const one of parameters) expect([name, one.description.length > 5]).toEqual([name, true]);
    }
  });
});

describe('what the API answers', () => {
  let broker: TestBroker;
  let maria: Account;
  let bearer = '';
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema({ $id: 'file', ...(file as object) });

  beforeAll(async () => {
    broker = await TestBroker.start();
    maria = await account(broker, 'maria');
    ({ token: bearer } = await signIn(broker, maria));
    await acceptedLink(
      broker,
      await server(broker, 'Den', { localAddress: 'http://192.168.1.5:8096' }),
      maria,
    );
    await acceptedLink(broker, await server(broker, 'Loft', { systemId: 'twin' }), maria);
    await waitingLink(broker, await server(broker, 'Twin', { systemId: 'twin' }), maria, 'guest');
    await device(broker, maria);
  });
  afterAll(() => broker.remove());

  test('names the endpoints that the authorization server names', async () => {
    const path = (url: unknown): string => new URL(String(url)).pathname;
    const { authorizationUrl, tokenUrl } =
      file.components.securitySchemes['oauth']?.flows.authorizationCode ?? {};
    const named = (await (
      await fetch(`${broker.url}/oidc/.well-known/openid-configuration`)
    ).json()) as Record<string, string>;
    expect([path(authorizationUrl), path(tokenUrl)]).toEqual([
      path(named['authorization_endpoint']),
      path(named['token_endpoint']),
    ]);
  });

  /** Exactly as described: a field that is not in the file fails as well. */
  function expectShape(name: string, value: unknown): void {
    const validate = ajv.getSchema(`file#/components/schemas/${name}`);
    if (!validate) throw new Error(`no shape ${name}`);
    void validate(value);
    expect(validate.errors ?? []).toEqual([]);
    const known = Object.keys(file.components.schemas[name]?.properties ?? {});
    expect(known).toEqual(expect.arrayContaining(Object.keys(value as object)));
  }

  test.each([
    ['servers', 'ServerList', 'servers', 'Server'],
    ['links', 'LinkList', 'links', 'Link'],
    ['invitations', 'InvitationList', 'invitations', 'Invitation'],
    ['sign-ins', 'SignInList', 'signIns', 'SignIn'],
  ])('GET %s is as described', async (path, list, member, entry) => {
    const { object } = await api(broker, 'GET', path, { bearer });
    expectShape(list, object);
    const entries = object[member] as unknown[];
    expect(entries.length).toBeGreaterThan(0);
    for (const one of entries) expectShape(entry, one);
  });

  test('GET profile is as described, with the address only for those who may see it', async () => {
    const { object } = await api(broker, 'GET', 'profile', { bearer });
    expectShape('Profile', object);
    expect(object).toEqual({ id: maria.id, userName: 'maria', email: 'maria@example.org' });
    const { token: other } = await signIn(broker, maria, ['servers:read']);
    expect((await api(broker, 'GET', 'profile', { bearer: other })).object).toEqual({
      id: maria.id,
      userName: 'maria',
    });
  });

  test('events are as described', async () => {
    const reader = await EventReader.open(broker, bearer);
    expectShape('Snapshot', (await reader.next())?.data);
    reader.close();
  });

  test.each<[string, () => Promise<Answer>]>([
    ['no token', () => api(broker, 'GET', 'servers')],
    ['a wrong parameter', () => api(broker, 'GET', 'servers?wait=x&y=1', { bearer })],
    [
      'a wrong field',
      () => api(broker, 'POST', `invitations/${'0'.repeat(32)}/decline`, { bearer, json: { block: 1 } }),
    ],
    ['no such link', () => api(broker, 'DELETE', `links/${'0'.repeat(32)}`, { bearer })],
    ['no such path', () => api(broker, 'GET', 'nothing', { bearer })],
    ['no such method', () => api(broker, 'DELETE', 'servers', { bearer })],
  ])('a refusal (%s) is as described, and names its request', async (_, ask) => {
    const answer = await ask();
    const problem = problemIn(answer);
    expectShape('Problem', problem);
    expect(problem).toMatchObject({
      type: `http://localhost:0/api/v1/docs#${problem.code}`,
      title: PROBLEMS[problem.code as keyof typeof PROBLEMS].title,
      instance: `urn:uuid:${String(answer.headers['x-request-id'])}`,
    });
  });

  test('the broker serves the same file, with its own addresses', async () => {
    const { text: served, headers } = await api(broker, 'GET', 'openapi.json');
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(served.replaceAll('http://localhost:0', 'https://signpost.example.org')).toBe(
      JSON.stringify(file),
    );
  });

  test('the reference is one light page with every operation, every shape and every problem', async () => {
    const { text: html, headers } = await api(broker, 'GET', 'docs');
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*script-src 'self'/);
    expect(Buffer.byteLength(html)).toBeLessThan(60_000);
    expect(html).not.toMatch(/<script|style=|https?:\/\/(?!localhost:0)/);
    for (const { operationId } of operations) expect(html).toContain(`id="${operationId}"`);
    for (const code of Object.keys(PROBLEMS)) expect(html).toContain(`id="${code}"`);
    expect(html).toContain('id="shape-Server"');
  });
});

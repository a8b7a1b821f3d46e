import { afterAll, beforeAll, jest } from '@jest/globals';
import * as oidc from 'openid-client';
import { APP_CLIENT, Clients, type NewSite } from '../../src/features/oauth/index.js';
import type { Answer, CookieBrowser } from '../pages/browser.js';
import type { TestBroker } from './broker.js';

/** What brokers of these tests are called; nothing ever goes there. */
export const PUBLIC_URL = 'http://signpost.test';

/** oidc-provider reads the machine's clock, and so does the client: both follow the broker's. */
export function followClock(broker: () => TestBroker): void {
  let spy: { mockRestore(): void } | undefined;
  beforeAll(() => {
    spy = jest.spyOn(Date, 'now').mockImplementation(() => broker().clock.now());
  });
  afterAll(() => spy?.mockRestore());
}

/** Takes requests for the public name to where the broker really listens. */
export function fetchFrom(broker: TestBroker): oidc.CustomFetch {
  return (url, options) => fetch(url.replace(PUBLIC_URL, broker.url), options as RequestInit);
}

export async function discovered(
  broker: TestBroker,
  clientId: string,
  authentication: oidc.ClientAuth,
): Promise<oidc.Configuration> {
  const server = new URL(`${PUBLIC_URL}/oidc`);
  return oidc.discovery(server, clientId, undefined, authentication, {
    [oidc.customFetch]: fetchFrom(broker),
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- named so to frighten; the broker is on this machine
    execute: [oidc.allowInsecureRequests],
  });
}

/** The independent client library, as a native app uses it. */
export function asApp(broker: TestBroker): Promise<oidc.Configuration> {
  return discovered(broker, APP_CLIENT, oidc.None());
}

export const SITE_REDIRECT = 'https://forum.example/auth/callback';

/** The same, as a site that the operator has just registered. */
export async function asSite(
  broker: TestBroker,
  id: string,
  more: Partial<NewSite> = {},
): Promise<oidc.Configuration> {
  const site = { id, name: `Forum ${id}`, redirectUris: [SITE_REDIRECT] };
  const signOutUris = ['https://forum.example/signed-out'];
  const secret = await broker.app.get(Clients).add({ ...site, signOutUris, ...more });
  return discovered(broker, id, oidc.ClientSecretBasic(secret));
}

/** A request for a code, and what is needed to use it. */
export interface Attempt {
  readonly url: URL;
  readonly checks: oidc.AuthorizationCodeGrantChecks;
}

export async function attempt(
  config: oidc.Configuration,
  parameters: Record<string, string>,
): Promise<Attempt> {
  const verifier = oidc.randomPKCECodeVerifier();
  const [expectedState, expectedNonce] = [oidc.randomState(), oidc.randomNonce()];
  const url = oidc.buildAuthorizationUrl(config, {
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state: expectedState,
    ...(parameters['scope']?.includes('openid') ? { nonce: expectedNonce } : {}),
    ...parameters,
  });
  const nonce = parameters['scope']?.includes('openid') ? { expectedNonce } : {};
  return { url, checks: { pkceCodeVerifier: verifier, expectedState, ...nonce } };
}

/** Where a path of the broker, or an address outside, leads; redirects inside are followed. */
export async function follow(browser: CookieBrowser, target: string): Promise<Answer> {
  let answer = await browser.open(target.replace(PUBLIC_URL, ''));
  for (let hops = 0; hops < 6; hops += 1) {
    const location = answer.headers.get('location') ?? '';
    if (answer.status !== 303 || !(location.startsWith('/') || location.startsWith(PUBLIC_URL)))
      return answer;
    answer = await browser.open(location.replace(PUBLIC_URL, ''));
  }
  throw new Error('a circle of redirects');
}

/** Presses a button of the consent page, and goes on to where it leads. */
export async function press(browser: CookieBrowser, page: Answer, answer: 'allow' | 'deny'): Promise<URL> {
  const action = /<form method="post" action="(\/allow\/[^"]+)"/.exec(page.html)?.[1] ?? '';
  const formToken = page.input('formToken')?.['value'] ?? '';
  const pressed = await browser.submit(action, { formToken, answer });
  return leaving(await follow(browser, pressed.headers.get('location') ?? ''));
}

/** The address outside to which an answer sends a browser. */
export function leaving(answer: Answer): URL {
  const location = answer.headers.get('location');
  if (location === null) throw new Error(`not sent anywhere: ${answer.status} ${answer.heading}`);
  return new URL(location);
}

/** The whole way of somebody who is signed in on the pages, and allows everything. */
export async function codeFlow(
  config: oidc.Configuration,
  browser: CookieBrowser,
  parameters: Record<string, string>,
): Promise<oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers> {
  const { url, checks } = await attempt(config, parameters);
  const page = await follow(browser, url.href);
  const back = page.status === 303 ? leaving(page) : await press(browser, page, 'allow');
  return oidc.authorizationCodeGrant(config, back, checks);
}

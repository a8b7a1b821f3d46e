import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import * as oidc from 'openid-client';

/** A community site in a few lines, on an independent client library: signs people in, shows who they are, signs them out. */
export class Forum {
  #config: oidc.Configuration | undefined;
  #checks: oidc.AuthorizationCodeGrantChecks = {};
  #idToken = '';

  private constructor(private readonly server: Server) {}

  static async open(): Promise<Forum> {
    const server = createServer();
    const forum = new Forum(server);
    server.on('request', (request, response) => void forum.#answer(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return forum;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async use(issuer: string, clientId: string, secret: string): Promise<void> {
    this.#config = await oidc.discovery(
      new URL(issuer),
      clientId,
      undefined,
      oidc.ClientSecretBasic(secret),
      {
        // eslint-disable-next-line @typescript-eslint/no-deprecated -- named so to frighten; all is on this machine
        execute: [oidc.allowInsecureRequests],
      },
    );
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  async #answer({ url = '/' }: IncomingMessage, response: ServerResponse): Promise<void> {
    const here = new URL(url, this.url);
    try {
      if (here.pathname === '/login') go(response, await this.#begin());
      else if (here.pathname === '/callback') page(response, await this.#finish(here));
      else if (here.pathname === '/logout') go(response, this.#end());
      else page(response, here.pathname === '/out' ? 'Signed out of the forum' : 'The forum');
    } catch (error) {
      page(response, `Refused: ${(error as Error & { error?: string }).error ?? String(error)}`);
    }
  }

  async #begin(): Promise<URL> {
    const verifier = oidc.randomPKCECodeVerifier();
    const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
    this.#checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce };
    return oidc.buildAuthorizationUrl(this.#ready(), {
      redirect_uri: `${this.url}/callback`,
      scope: 'openid profile email',
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...{ state, nonce },
    });
  }

  async #finish(here: URL): Promise<string> {
    const tokens = await oidc.authorizationCodeGrant(this.#ready(), here, this.#checks);
    this.#idToken = tokens.id_token ?? '';
    const { sub, preferred_username: name, email } = tokens.claims() as unknown as Record<string, string>;
    return `Welcome ${name}, ${email}, number ${sub}`;
  }

  #end(): URL {
    return oidc.buildEndSessionUrl(this.#ready(), {
      id_token_hint: this.#idToken,
      post_logout_redirect_uri: `${this.url}/out`,
    });
  }

  #ready(): oidc.Configuration {
    if (!this.#config) throw new Error('the forum knows no issuer yet');
    return this.#config;
  }
}

function go(response: ServerResponse, to: URL): void {
  response.writeHead(303, { Location: to.href }).end();
}

function page(response: ServerResponse, text: string): void {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const html = `<!doctype html><html lang="en"><title>Forum</title><main><h1>${escaped}</h1></main></html>`;
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(html);
}

import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What the token endpoint was asked, and what the API answered. */
interface Seen {
  readonly what: string;
  readonly status: number;
}

/**
 * A broker's origin as an app sees it, with the API of a real one behind it and an OAuth server that plays its part by
 * heart: the code is typed after two polls, of which one came too soon.
 */
export class OAuthFront {
  readonly seen: Seen[] = [];
  readonly #server: Server = createServer((request, response) => {
    void this.#answer(request).then(({ status, headers, body }) => {
      this.seen.push({ what: `${request.method ?? ''} ${request.url ?? ''}`, status });
      response.writeHead(status, headers).end(body);
    });
  });
  readonly #polls: string[] = ['authorization_pending'];

  /** @param giveToken a new access token of the API */
  constructor(
    private readonly api: string,
    private readonly giveToken: () => Promise<string>,
  ) {}

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #answer(
    request: IncomingMessage,
  ): Promise<{ status: number; headers: Record<string, string>; body: string }> {
    const path = request.url ?? '';
    if (path.startsWith('/api/')) return this.#forward(request);
    const [status, json] = await this.#oauth(path, new URLSearchParams(await text(request)));
    return { status, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(json) };
  }

  async #oauth(path: string, form: URLSearchParams): Promise<[number, object]> {
    if (path === '/oidc/.well-known/openid-configuration') {
      const endpoint = (name: string): string => `${this.url}/oidc/${name}`;
      return [200, { device_authorization_endpoint: endpoint('device'), token_endpoint: endpoint('token') }];
    }
    if (path === '/oidc/device') return [200, this.#code(form)];
    const error = form.get('grant_type') === 'refresh_token' ? undefined : this.#polls.shift();
    if (error !== undefined) return [400, { error }];
    const isKnown =
      ['the-code', null].includes(form.get('device_code')) && form.get('client_id') === 'signpost-device';
    if (!isKnown) return [400, { error: 'invalid_grant' }];
    return [
      200,
      { access_token: await this.giveToken(), refresh_token: `r${this.seen.length}`, expires_in: 900 },
    ];
  }

  #code(form: URLSearchParams): object {
    if (form.get('resource') !== `${this.url}/api/v1`) throw new Error('the resource is missing');
    return {
      device_code: 'the-code',
      user_code: 'BCDF-GHJK',
      verification_uri: `${this.url}/pin`,
      verification_uri_complete: `${this.url}/pin?user_code=BCDF-GHJK`,
      expires_in: 600,
      interval: 0,
    };
  }

  async #forward({
    url = '',
    headers,
  }: IncomingMessage): Promise<{ status: number; headers: Record<string, string>; body: string }> {
    const passed = {
      authorization: headers.authorization ?? '',
      'if-none-match': headers['if-none-match'] ?? '',
    };
    const answer = await fetch(`${this.api}${url}`, { headers: passed });
    const kept = ['content-type', 'etag'].flatMap((name) => {
      const value = answer.headers.get(name);
      return value === null ? [] : [[name, value] as const];
    });
    return { status: answer.status, headers: Object.fromEntries(kept), body: await answer.text() };
  }
}

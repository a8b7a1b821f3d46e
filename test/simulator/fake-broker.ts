import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readBytes } from './wire.js';

/** Every call that the doubles make, told apart by method, path in its exact casing, and first query name. */
const CALLS: Readonly<Record<string, string>> = {
  'GET /service/ip': 'E1',
  'POST /service/Servers': 'E2',
  'POST /service/Servers?id': 'E3',
  'GET /service/servers?userId': 'E4',
  'GET /service/user?nameOrEmail': 'E6',
  'GET /service/user?id': 'E6',
  'POST /service/user/authenticate': 'E7',
  'POST /service/user/logout': 'E8',
  'POST /service/register': 'E9',
  'POST /service/users/invite': 'E10',
  'POST /service/ServerAuthorizations': 'E11',
  'GET /service/ServerAuthorizations?serverId': 'E12',
  'DELETE /service/ServerAuthorizations': 'E13',
  'DELETE /service/serverAuthorizations?serverId': 'E14',
  'GET /service/ServerAuthorizations/accept?serverId': 'E15',
  'POST /service/pin': 'E16',
  'GET /service/pin?deviceId': 'E17',
  'POST /service/pin/authenticate': 'E18',
  'POST /service/pin/confirm?pin': 'E19',
};

/** Only for the tests of the doubles: what is not on the list must be noticed. */
const NOT_A_CALL = 599;

export interface Received {
  readonly call: string;
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  /** The bytes of the body. */
  readonly body: Buffer;
}

/** A string is sent as it stands, anything else as JSON. */
export interface Scripted {
  readonly status?: number;
  readonly body?: unknown;
  /** The connection stays open and nobody ever answers. */
  readonly silent?: boolean;
}

/** Answers canned bodies and keeps the raw bytes of what came: what the doubles put on the wire is seen here alone. */
export class FakeBroker {
  readonly received: Received[] = [];
  readonly #scripts = new Map<string, Scripted[]>();
  readonly #http = createServer((request, response) => void this.#answer(request, response));

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#http.listen(0, '127.0.0.1', resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  /** Answers for `call` from now on, in turn; the last one is repeated. */
  on(call: string, ...answers: readonly Scripted[]): this {
    this.#scripts.set(call, [...answers]);
    return this;
  }

  /** The calls that came, in order. */
  get calls(): readonly string[] {
    return this.received.map(({ call }) => call);
  }

  /** The last request of that call. */
  last(call: string): Received & { readonly text: string } {
    const found = this.received.findLast((request) => request.call === call);
    if (!found) throw new Error(`${call} was not called; what came: ${this.calls.join(' ')}`);
    return { ...found, text: found.body.toString('utf8') };
  }

  async close(): Promise<void> {
    await new Promise((resolve) => {
      this.#http.close(resolve);
      this.#http.closeAllConnections();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const call = callOf(method, url);
    this.received.push({ call, method, url, headers, body: await readBytes(request) });
    const { status = 200, body = {}, silent = false } = this.#next(call);
    if (silent) return;
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  }

  #next(call: string): Scripted {
    const script = this.#scripts.get(call) ?? [];
    return (script.length > 1 ? script.shift() : script[0]) ?? { status: NOT_A_CALL };
  }
}

function callOf(method: string, url: string): string {
  const [path, query] = url.split('?');
  if (query?.includes('&status=') === true) return 'E5';
  const key = `${method} ${path ?? ''}${query === undefined ? '' : `?${query.split('=')[0] ?? ''}`}`;
  return CALLS[key] ?? key;
}

/** A row of E12 with everything that §1.3 names. */
export function authorization(fields: Readonly<Record<string, unknown>>): object {
  return {
    Id: 'a1',
    ServerId: 's1',
    UserId: '1717410',
    AccessToken: 'c0ffee00c0ffee00c0ffee00c0ffee00',
    DateCreated: '2024-01-01T00:00:00.000Z',
    IsActive: true,
    AcceptStatus: 'Accepted',
    UserType: 'Linked',
    UserImageUrl: null,
    UserName: 'alice',
    ...fields,
  };
}

import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';

/** Who spoke to whom, from the point of view of the double that keeps the record. */
type Direction = 'to-broker' | 'to-media-server' | 'from-device';

/** One request and its answer as they went over the wire, in the order in which the answers came. */
export interface Exchange {
  readonly direction: Direction;
  readonly method: string;
  /** Raw path with query, below the address of the host. */
  readonly path: string;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly requestBody: string;
  /** `null` when nobody answered: refused connection, time-out. */
  readonly status: number | null;
  readonly responseBody: string;
}

export interface WireRequest {
  readonly direction: Direction;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `http://host:port`, optionally with a path in front of every route. */
  readonly base: string;
  /** Sent as it stands: what needs escaping is escaped by the caller, or on purpose not (Q1). */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as UTF-8 with its length, also with DELETE (E13, Q7). */
  readonly body?: string;
  readonly timeoutMs: number;
}

export interface WireResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A call that did not bring what its caller needs. `call` is the endpoint's number (E3) or the route's name. */
export class FailedCall extends Error {
  constructor(
    readonly call: string,
    /** `null` when nobody answered. */
    readonly status: number | null,
    /** The body of the answer, or why there is none. */
    readonly text: string,
    options?: ErrorOptions,
  ) {
    super(`${call}: ${status === null ? 'no answer' : String(status)} ${text.slice(0, 200)}`.trim(), options);
    this.name = 'FailedCall';
  }
}

/** Nobody answered within the time that the caller had. */
export class TimedOut extends Error {
  constructor(timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms`);
    this.name = 'TimedOut';
  }
}

/** The time-out of the media server and of the probes of the JS client (1.1). */
export const TWENTY_SECONDS = 20_000;

/** Sends one request on a connection of its own and adds it to `exchanges`, also when nobody answers. */
export async function send(request: WireRequest, exchanges: Exchange[]): Promise<WireResponse> {
  const sent = {
    direction: request.direction,
    method: request.method,
    path: request.path,
    requestHeaders: { ...request.headers },
    requestBody: request.body ?? '',
  };
  try {
    const response = await transmit(request);
    exchanges.push({ ...sent, status: response.status, responseBody: response.text });
    return response;
  } catch (error) {
    exchanges.push({ ...sent, status: null, responseBody: '' });
    throw error;
  }
}

/** The body as JSON; one that is not JSON fails under the name of the call. */
export function parseJson(response: WireResponse, call: string): unknown {
  try {
    return JSON.parse(response.text);
  } catch (cause) {
    throw new FailedCall(call, response.status, `not JSON: ${response.text}`, { cause });
  }
}

// node:http and not fetch: fetch escapes paths, adds headers, asks for compression and refuses some bodies.
function transmit({ method, base, path, headers, body, timeoutMs }: WireRequest): Promise<WireResponse> {
  const host = new URL(base);
  const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      host: host.hostname.replace(/^\[|\]$/g, ''),
      port: host.port,
      path: host.pathname.replace(/\/$/, '') + path,
      method,
      headers: { ...headers, ...length },
      agent: false,
    });
    // Counts from the first byte sent to the last byte read: an answer that stalls is none.
    const timer = setTimeout(() => {
      reject(new TimedOut(timeoutMs));
      outgoing.destroy();
    }, timeoutMs);
    outgoing.on('error', reject);
    outgoing.on('close', () => clearTimeout(timer));
    outgoing.on('response', (incoming) => {
      readBytes(incoming).then(
        (bytes) =>
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            text: bytes.toString('utf8'),
          }),
        reject,
      );
    });
    outgoing.end(body);
  });
}

/** Everything that an incoming message carries. */
export async function readBytes(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

import { request, type IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import type { TestBroker } from '../support/broker.js';
import { escapedForm, rawForm, type Fields } from '../simulator/forms.js';

type Json = Record<string, unknown>;

/** What a request carries besides method and path. */
export interface Call {
  /** Server key. */
  readonly key?: string;
  /** Device token. */
  readonly token?: string;
  /** Escaped as JS does it. */
  readonly query?: Fields;
  /** Sent as an escaped form. */
  readonly form?: Fields;
  /** Sent as the media server does: not escaped. */
  readonly raw?: Fields;
  readonly json?: unknown;
  /** Sent as it is; give the content type in `headers`. */
  readonly body?: string | Uint8Array;
  readonly headers?: Fields;
  /** Address of the caller, for a broker that trusts this machine as its proxy. */
  readonly from?: string;
}

export class Answer {
  constructor(
    readonly status: number,
    readonly headers: IncomingHttpHeaders,
    readonly text: string,
  ) {}

  /** The body, which has to be a JSON object. */
  get object(): Json {
    const json: unknown = JSON.parse(this.text);
    if (typeof json !== 'object' || json === null || Array.isArray(json)) {
      throw new TypeError(`not an object: ${this.text}`);
    }
    return json as Json;
  }

  /** The body, which has to be a JSON array of objects. */
  get list(): Json[] {
    const json: unknown = JSON.parse(this.text);
    if (!Array.isArray(json)) throw new TypeError(`not an array: ${this.text}`);
    return json as Json[];
  }

  /** A text field of the body. */
  field(name: string): string {
    const value = this.object[name];
    if (typeof value !== 'string') throw new TypeError(`${name} is not text: ${this.text}`);
    return value;
  }
}

/** Asks the broker below `/service/`. `path` is sent as it is. */
export function ask(broker: TestBroker, method: string, path: string, call: Call = {}): Promise<Answer> {
  const query = call.query === undefined ? '' : `?${escapedForm(call.query)}`;
  return askAt(broker, method, `/service/${path}${query}`, call);
}

/** Asks the broker anywhere; `target` is what stands in the request line. */
export async function askAt(
  broker: TestBroker,
  method: string,
  target: string,
  call: Call = {},
): Promise<Answer> {
  const [body, type] = bodyOf(call);
  const headers = {
    ...(type === undefined ? {} : { 'Content-Type': type }),
    ...(body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }),
    ...(call.key === undefined ? {} : { 'X-Connect-Token': call.key }),
    ...(call.token === undefined ? {} : { 'X-Connect-UserToken': call.token }),
    ...(call.from === undefined ? {} : { 'X-Forwarded-For': call.from }),
    ...call.headers,
  };
  const { hostname: host, port } = new URL(broker.url);
  // A connection of its own: nothing that one request leaves behind meets another.
  const outgoing = request({ host, port, path: target, method, headers, agent: false });
  return new Promise((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      text(incoming).then(
        (body) => resolve(new Answer(incoming.statusCode ?? 0, incoming.headers, body)),
        reject,
      );
    });
    outgoing.end(body);
  });
}

const FORM = 'application/x-www-form-urlencoded';

function bodyOf({ form, raw, json, body }: Call): [body: string | Uint8Array | undefined, type?: string] {
  if (form !== undefined) return [escapedForm(form), FORM];
  if (raw !== undefined) return [rawForm(raw), FORM];
  if (json !== undefined) return [JSON.stringify(json), 'application/json'];
  return [body];
}

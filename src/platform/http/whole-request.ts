import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Soon } from '../../shared/soon.js';
import type { ReadyAnswer } from './ready-answer.js';

/** What is looked at before an answer that is ready; of Node's requests and of whole ones. */
export type ReadyRequest = Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'socket'>;

/** What decides over a request each time it comes, whoever calls. */
export const ALWAYS_READ = ['host', 'if-none-match', 'x-forwarded-for', 'x-forwarded-proto'] as const;

/** Of a request as much as must be known each time; credentials are not among it. */
export interface BriefRequest extends Pick<ReadyRequest, 'method' | 'url' | 'socket'> {
  readonly headers: Partial<Pick<IncomingHttpHeaders, (typeof ALWAYS_READ)[number]>>;
}

/** What somebody has begun to answer, or that nothing is ready (null), and since when (`performance.now`). */
interface Begun {
  readonly answer: Soon<ReadyAnswer | null>;
  readonly since: number;
}

/**
 * A request of HTTP/1.1 that came in one piece, nothing before or behind it, on a connection that stays open: what apps and
 * servers send all the time. Read strictly: see `wholeRequestOf`.
 */
export class WholeRequest implements ReadyRequest {
  begun: Begun | undefined;

  readonly method: string;
  /** As it was sent: a path, maybe with a query. */
  readonly url: string;
  readonly #headBytes: number;

  /**
   * @param headers by lower-case names, as Node gives them; each came once
   * @param piece all of it as it came
   */
  constructor(
    readonly socket: Socket,
    { method, url, headBytes }: Start,
    readonly headers: IncomingHttpHeaders,
    readonly piece: Buffer,
  ) {
    this.method = method;
    this.url = url;
    this.#headBytes = headBytes;
  }

  /** As long as `Content-Length` says, empty without one. */
  get body(): Buffer {
    return this.piece.subarray(this.#headBytes);
  }
}

/** The first line, and where the head ends. */
interface Start {
  readonly method: string;
  readonly url: string;
  readonly headBytes: number;
}

const START = /(GET|POST) (\/[\x21-\x7e]*) HTTP\/1\.1\r\n/y;
/** A token, and what one may see of ASCII (RFC 9110, 5.5 and 5.6.2); no folding, no tabs or other control characters. */
const FIELD = /([!#$%&'*+.^_`|~\w-]+): *((?:[\x21-\x7e][\x20-\x7e]*)?)\r\n/y;
const LENGTH = /^\d{1,4}$/;

/** Fields that say what comes next on the connection, or that a request is not all there: Node's parser knows them. */
const FOR_THE_PARSER = ['transfer-encoding', 'upgrade', 'expect', 'trailer', 'te', 'http2-settings'] as const;

/**
 * Reads a piece that came on a connection as one whole request.
 *
 * It takes the plainest form only: two programs that read the same bytes differently are how requests are smuggled, so
 * anything that could be read in two ways is null and left to Node's parser.
 *
 * @returns null if the piece is anything else: a part, several, not plain, or wrong
 */
export function wholeRequestOf(piece: Buffer, socket: Socket): WholeRequest | null {
  const text = piece.toString('latin1');
  START.lastIndex = 0;
  const [, method, url] = START.exec(text) ?? [];
  if (method === undefined || url === undefined) return null;
  const headers: IncomingHttpHeaders = {};
  const end = readFields(text, START.lastIndex, headers);
  if (end === null || !isPlain(headers) || end + lengthOf(headers) !== piece.length) return null;
  return new WholeRequest(socket, { method, url, headBytes: end }, headers, piece);
}

/** @returns where the head ends, behind its empty line; null if it cannot be read, or names a field twice */
function readFields(text: string, start: number, headers: IncomingHttpHeaders): number | null {
  let at = start;
  while (!text.startsWith('\r\n', at)) {
    FIELD.lastIndex = at;
    const [, field, value] = FIELD.exec(text) ?? [];
    if (field === undefined || value === undefined || value.endsWith(' ')) return null;
    const name = field.toLowerCase();
    // What every object has, such as `constructor`, counts as named before.
    if (headers[name] !== undefined) return null;
    headers[name] = value;
    at = FIELD.lastIndex;
  }
  return at + 2;
}

/** Of the body, in bytes; NaN if it is said in an unusual way. */
function lengthOf({ 'content-length': length }: IncomingHttpHeaders): number {
  if (length === undefined) return 0;
  return LENGTH.test(length) ? Number(length) : NaN;
}

function isPlain(headers: IncomingHttpHeaders): boolean {
  const { host, connection } = headers;
  if (host === undefined || (connection !== undefined && connection.toLowerCase() !== 'keep-alive'))
    return false;
  for (const name of FOR_THE_PARSER) if (headers[name] !== undefined) return false;
  return true;
}

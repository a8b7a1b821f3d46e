import { IncomingMessage } from 'node:http';
import type { Soon } from '../../shared/soon.js';
import { WholeRequest, type ReadyRequest } from './whole-request.js';

/** More than a form of the protocol has that a server sends each hour. */
const SMALL_BODY_BYTES = 2_048;

/** Whether a small body follows that is as it came: neither compressed nor of a length that nobody says. */
export function hasSmallBody(headers: IncomingMessage['headers']): boolean {
  const length = Number(headers['content-length'] ?? 0);
  const isPlain = headers['transfer-encoding'] === undefined && headers['content-encoding'] === undefined;
  return isPlain && length > 0 && length <= SMALL_BODY_BYTES;
}

/**
 * Looks at the body of a request that has a small one, if it comes in one piece; at once if it has come. It stays in the
 * request, for whoever reads it next; `use` may look at it until it returns.
 */
export function readSmallBody<T>(
  request: ReadyRequest,
  use: (body: Buffer) => Soon<T | null>,
): Soon<T | null> {
  if (request instanceof WholeRequest) return use(request.body);
  return request instanceof IncomingMessage ? readStream(request, use) : null;
}

async function readStream<T>(
  request: IncomingMessage,
  use: (body: Buffer) => Soon<T | null>,
): Promise<T | null> {
  await new Promise<void>((resolve) => request.once('readable', resolve));
  const body = request.read() as Buffer | null;
  if (body === null) return null;
  // At once: later the stream would have ended.
  request.unshift(body);
  return body.length === Number(request.headers['content-length']) ? use(body) : null;
}

import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Config } from '../../config/index.js';
import { clientAddress, networkOf } from '../../shared/network.js';
import type { Log } from '../logging/log.js';
import { AcceptingServer } from './accepting-server.js';
import { admit } from './admission.js';
import { limitConnections } from './connections.js';
import type { ErrorPresenter } from './error-filter.js';
import { awaitTrouble, countAnswer } from './http-metrics.js';
import { elapsedOf, failureOf } from './early-looks.js';
import { NO_SCHEMAS } from './no-schemas.js';
import { boundPipelining } from './pipelined-requests.js';
import type { Readiness } from './readiness.js';
import { earlyIdOf, withinRequest } from './request-context.js';
import { cutSlowReaders } from './slow-readers.js';
import type { BriefRequest } from './whole-request.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Address of the caller, after trusted proxies (S-80). */
    clientIp: string;
    /** What limits count by: `networkOf(clientIp)`. */
    network: string;
  }
}

/** S-83; Node's own are 60 s, 300 s and 30 s. */
const TIMEOUTS = { headersTimeout: 10_000, connectionsCheckingInterval: 2_000, keepAliveTimeout: 72_000 };
/** S-83 has 15 s, but until somebody looks 2 s may go by, and a moment on a busy machine; R-44 wants slow callers closed within 15. */
const REQUEST_TIMEOUT_MS = 12_000;

/** On every answer, unless its edge says otherwise (S-110, S-111, S-114). */
export const COMMON_HEADERS = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
};

const MALFORMED = {
  'Content-Type': 'application/json; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Access-Control-Allow-Origin': '*',
};

/**
 * The HTTP server: letter case and a final slash of paths do not matter (protocol document, 1.1), bodies arrive as
 * bytes for each edge to read, and a GET is never answered to HEAD (one GET of the protocol changes state).
 *
 * @param presenters of the edges that tell of an unreadable URL in words of their own
 */
export function createAdapter(config: Config, presenters: readonly ErrorPresenter[] = []): FastifyAdapter {
  return new FastifyAdapter({
    logger: false,
    routerOptions: {
      caseSensitive: false,
      ignoreTrailingSlash: true,
      maxParamLength: 128,
    },
    exposeHeadRoutes: false,
    bodyLimit: config.bodyBytes,
    serverFactory: (answer: RequestListener): Server =>
      new AcceptingServer(
        { maxHeaderSize: config.headerBytes, requestTimeout: REQUEST_TIMEOUT_MS, ...TIMEOUTS },
        boundPipelining(answer),
      ),
    forceCloseConnections: 'idle',
    schemaController: NO_SCHEMAS,
    genReqId: (raw: IncomingMessage) => earlyIdOf(raw) ?? randomUUID(),
    frameworkErrors: (_error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      // No filter sees a URL that cannot be read, and the framework's own words repeat it.
      const context = { requestId: request.id, network: '' };
      withinRequest(context, reply.raw, () => void answerMalformed(request, reply, presenters));
    },
  });
}

async function answerMalformed(
  request: FastifyRequest,
  reply: FastifyReply,
  presenters: readonly ErrorPresenter[],
): Promise<void> {
  const path = (request.raw.url ?? '').toLowerCase();
  const presenter = presenters.find(({ prefix }) => path.startsWith(`${prefix}/`));
  const failure = { cause: 'transport', status: 400, message: 'The URL is malformed.' } as const;
  const own = { contentType: MALFORMED['Content-Type'], body: '{"message":"The URL is malformed."}' };
  const answer = (await presenter?.present(failure, path, request)) ?? own;
  await reply
    .status(400)
    .headers({ ...MALFORMED, 'Content-Type': answer.contentType })
    .send(answer.body);
}

/** What every request and answer goes through, whatever its edge. */
export function prepare(instance: FastifyInstance, config: Config, log: Log, readiness: Readiness): void {
  limitConnections(instance.server, config);
  cutSlowReaders(instance.server);
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  instance.addHook('onRoute', ({ url }) => awaitTrouble(url));
  instance.decorateRequest('clientIp', '');
  instance.decorateRequest('network', '');
  instance.addHook('onRequest', (request, reply, done) => {
    identify(request, config);
    withinRequest({ requestId: request.id, network: request.network }, reply.raw, done);
  });
  // Not asynchronous: that would cost every request a turn for nothing (P-1).
  instance.addHook('onRequest', (request, reply, done) => {
    addHeaders(request, reply, readiness);
    done(refusalOf(request, config));
  });
  // Once more: a request that came before the broker began to stop would keep its connection, which then holds up the end.
  instance.addHook('onSend', (_request, reply, payload, done) => {
    endIfDraining(reply, readiness);
    done(null, payload);
  });
  instance.addHook('onResponse', (request, reply, done) => {
    countAnswer(request, reply);
    log.info(accessFields(request, reply), 'request');
    done();
  });
}

function refusalOf(request: FastifyRequest, config: Config): Error | undefined {
  try {
    admit(request.raw, config);
    return failureOf(request.raw);
  } catch (error) {
    return error as Error;
  }
}

interface Peer {
  readonly ip: string;
  readonly network: string;
}

/** Found once for each connection: devices keep theirs open, and reading an address costs more than all else here. */
const peers = new WeakMap<Socket, Peer>();

function peerOf(socket: Socket, config: Config): Peer {
  const known = peers.get(socket);
  if (known) return known;
  const ip = clientAddress(socket.remoteAddress ?? '', undefined, config.trustProxy);
  const peer = { ip, network: networkOf(ip) };
  peers.set(socket, peer);
  return peer;
}

/** Who calls, after trusted proxies (S-80). */
export function callerOf(request: BriefRequest, config: Config): Peer {
  const forwarded = request.headers['x-forwarded-for'];
  if (forwarded === undefined) return peerOf(request.socket, config);
  const peer = request.socket.remoteAddress ?? '';
  const chain = Array.isArray(forwarded) ? forwarded.join(',') : forwarded;
  const ip = clientAddress(peer, chain, config.trustProxy);
  return { ip, network: networkOf(ip) };
}

function identify(request: FastifyRequest, config: Config): void {
  const { ip, network } = callerOf(request.raw, config);
  request.clientIp = ip;
  request.network = network;
}

function addHeaders(request: FastifyRequest, reply: FastifyReply, readiness: Readiness): void {
  reply.header('X-Request-Id', request.id);
  reply.headers(COMMON_HEADERS);
  endIfDraining(reply, readiness);
}

function endIfDraining(reply: FastifyReply, { draining }: Readiness): void {
  if (draining) reply.header('Connection', 'close');
}

/** What looks like a parameter; anything else may be the rest of an unescaped value. */
const PARAMETER = /^([A-Za-z]{1,32})=/;

/** Path and names of parameters only: values of a query may be PINs, tokens of mails, addresses (S-53, D7). */
function accessFields(request: FastifyRequest, reply: FastifyReply): object {
  const [path = '', query = ''] = (request.raw.url ?? '').split('?', 2);
  const parameters = query.split('&').flatMap((pair) => PARAMETER.exec(pair)?.[1] ?? []);
  return {
    requestId: request.id,
    method: request.method,
    path: request.routeOptions.url ?? path.slice(0, 200),
    ...(parameters.length > 0 ? { parameters: parameters.slice(0, 20) } : {}),
    status: reply.statusCode,
    ms: Math.round(elapsedOf(request, reply) * 10) / 10,
    network: request.network,
  };
}

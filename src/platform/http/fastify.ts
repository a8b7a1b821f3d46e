import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { Config } from '../../config/index.js';
import { clientAddress, networkOf } from '../../shared/network.js';
import type { Log } from '../logging/log.js';
import { admit } from './admission.js';
import { limitConnections } from './connections.js';
import type { ErrorPresenter } from './error-filter.js';
import type { Readiness } from './readiness.js';
import { withinRequest } from './request-context.js';

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
const REQUEST_TIMEOUT_MS = 15_000;

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
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, maxParamLength: 128 },
    exposeHeadRoutes: false,
    bodyLimit: config.bodyBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { maxHeaderSize: config.headerBytes, ...TIMEOUTS },
    forceCloseConnections: 'idle',
    genReqId: () => randomUUID(),
    frameworkErrors: (_error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      // No filter sees a URL that cannot be read, and the framework's own words repeat it.
      const context = { requestId: request.id, network: '' };
      withinRequest(context, () => answerMalformed(request, reply, presenters));
    },
  });
}

function answerMalformed(
  request: FastifyRequest,
  reply: FastifyReply,
  presenters: readonly ErrorPresenter[],
): void {
  const path = (request.raw.url ?? '').toLowerCase();
  const presenter = presenters.find(({ prefix }) => path.startsWith(`${prefix}/`));
  const failure = { cause: 'transport', status: 400, message: 'The URL is malformed.' } as const;
  const answer = presenter?.present(failure, path);
  void reply
    .status(400)
    .headers({ ...MALFORMED, ...(answer && { 'Content-Type': answer.contentType }) })
    .send(answer?.body ?? '{"message":"The URL is malformed."}');
}

/** What every request and answer goes through, whatever its edge. */
export function prepare(instance: FastifyInstance, config: Config, log: Log, readiness: Readiness): void {
  limitConnections(instance.server, config);
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  instance.decorateRequest('clientIp', '');
  instance.decorateRequest('network', '');
  instance.addHook('onRequest', (request, _reply, done) => {
    identify(request, config);
    withinRequest({ requestId: request.id, network: request.network }, done);
  });
  instance.addHook('onRequest', async (request, reply) => {
    addHeaders(request, reply, readiness);
    admit(request, config);
  });
  instance.addHook('onResponse', async (request, reply) => {
    log.info(accessFields(request, reply), 'request');
  });
}

function identify(request: FastifyRequest, config: Config): void {
  const forwarded = request.headers['x-forwarded-for'];
  const peer = request.raw.socket.remoteAddress ?? '';
  request.clientIp = clientAddress(
    peer,
    Array.isArray(forwarded) ? forwarded.join(',') : forwarded,
    config.trustProxy,
  );
  request.network = networkOf(request.clientIp);
}

function addHeaders(request: FastifyRequest, reply: FastifyReply, readiness: Readiness): void {
  reply.header('X-Request-Id', request.id);
  reply.header('X-Content-Type-Options', 'nosniff');
  reply.header('Referrer-Policy', 'no-referrer');
  reply.header('Cache-Control', 'no-store');
  reply.header('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'; sandbox");
  if (readiness.draining) reply.header('Connection', 'close');
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
    ms: Math.round(reply.elapsedTime * 10) / 10,
    network: request.network,
  };
}

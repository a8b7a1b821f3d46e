import { UnsupportedMediaTypeException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';
import { OIDC_PATH } from '../../features/oauth/index.js';

/**
 * Hands a request over to a server that takes Node's own objects: with the headers that every answer has, the path below
 * the issuer, and the body, which was read here (S-120).
 */
export function handOver(request: FastifyRequest, reply: FastifyReply, path: string): void {
  const { raw, body, headers } = request;
  if (!['', 'identity'].includes((headers['content-encoding'] ?? '').trim().toLowerCase())) {
    throw new UnsupportedMediaTypeException();
  }
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) reply.raw.setHeader(name, value);
  }
  const target = raw.url ?? '';
  const query = target.indexOf('?');
  raw.url = path + (query < 0 ? '' : target.slice(query));
  Object.assign(raw, { originalUrl: OIDC_PATH + raw.url });
  if (Buffer.isBuffer(body)) giveBack(raw, body);
}

/** The provider reads bodies itself; this one was read already. */
function giveBack(raw: IncomingMessage, body: Buffer): void {
  Object.defineProperties(raw, {
    readable: { value: true },
    iterator: {
      // eslint-disable-next-line @typescript-eslint/require-await -- it is read with `for await`
      value: async function* once(): AsyncGenerator<Buffer> {
        yield body;
      },
    },
  });
}

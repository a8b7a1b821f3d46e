import type { FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingMessage } from 'node:http';

/** A look at a request ahead of the framework, which answers it after all. */
interface EarlyLook {
  readonly ms: number;
  /**
   * The framework tells of it without looking up once more: a database that does not answer would be waited for twice.
   */
  readonly failure: Error | undefined;
}

const looks = new WeakMap<IncomingMessage, EarlyLook>();

export function noteEarlyLook(request: IncomingMessage, look: EarlyLook): void {
  looks.set(request, look);
}

export function failureOf(request: IncomingMessage): Error | undefined {
  return looks.get(request)?.failure;
}

/** Milliseconds for which a request was worked on, the early look with them: a password may have been hashed there. */
export function elapsedOf({ raw }: FastifyRequest, reply: FastifyReply): number {
  return reply.elapsedTime + (looks.get(raw)?.ms ?? 0);
}

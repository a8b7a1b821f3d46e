import type { FastifyCorsOptions } from '@fastify/cors';
import type { FastifyRequest } from 'fastify';

/** Paths of an edge that pages of other origins may call; no cookie counts there. */
export interface OpenToOrigins {
  readonly paths: RegExp;
  readonly options: FastifyCorsOptions;
}

type Decide = (error: Error | null, options: FastifyCorsOptions) => void;

/** Every other path answers no other origin (S-112). */
export function corsOf(edges: readonly OpenToOrigins[]): {
  delegator(request: FastifyRequest, decide: Decide): void;
} {
  return {
    delegator(request, decide) {
      const open = edges.find(({ paths }) => paths.test(request.raw.url ?? ''));
      decide(null, open?.options ?? { origin: false });
    },
  };
}

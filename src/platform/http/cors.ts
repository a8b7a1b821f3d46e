import type { FastifyCorsOptions } from '@fastify/cors';
import type { FastifyRequest } from 'fastify';

/** Paths of an edge that pages of other origins may call; no cookie counts there. */
export interface OpenToOrigins {
  readonly paths: RegExp;
  readonly options: FastifyCorsOptions;
}

type Decide = (error: Error | null, options: FastifyCorsOptions) => void;

/**
 * Every other path answers no other origin (S-112). By the path of each request, although the plug-in makes its options anew
 * each time then (5 us): its fixed ones are for every path alike, and those of a route count neither for the preflight nor
 * where there is no route.
 */
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

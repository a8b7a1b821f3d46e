import type { FastifyCorsOptions } from '@fastify/cors';
import type { FastifyRequest } from 'fastify';

type Decide = (error: Error | null, options: FastifyCorsOptions) => void;

/**
 * Browser builds of apps call the protocol from anywhere; no cookie counts on these paths, so anybody may (S-112, D4).
 * Every other path answers no other origin.
 */
export const connectCors = {
  delegator(request: FastifyRequest, decide: Decide): void {
    const isConnect = /^\/service\//i.test(request.raw.url ?? '');
    decide(null, isConnect ? OPEN : { origin: false });
  },
};

/** What the answer to a simple request of another origin carries; as the plug-in writes it. */
export const OPEN_HEADERS = {
  Vary: 'Origin',
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Retry-After',
};

const OPEN: FastifyCorsOptions = {
  origin: '*',
  methods: ['GET', 'POST', 'DELETE', 'OPTIONS'],
  allowedHeaders: ['X-Application', 'X-Connect-UserToken', 'X-Connect-Token', 'Content-Type', 'Accept'],
  exposedHeaders: ['Retry-After'],
  maxAge: 600,
  strictPreflight: false,
};

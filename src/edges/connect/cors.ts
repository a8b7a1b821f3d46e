import type { OpenToOrigins } from '../../platform/http/cors.js';

/** Browser builds of apps call the protocol from anywhere; no cookie counts on these paths, so anybody may (S-112, D4). */
export const connectCors: OpenToOrigins = {
  paths: /^\/service\//i,
  options: {
    origin: '*',
    methods: ['GET', 'POST', 'DELETE', 'OPTIONS'],
    allowedHeaders: ['X-Application', 'X-Connect-UserToken', 'X-Connect-Token', 'Content-Type', 'Accept'],
    exposedHeaders: ['Retry-After'],
    maxAge: 600,
    strictPreflight: false,
  },
};

/** What the answer to a simple request of another origin carries; as the plug-in writes it. */
export const OPEN_HEADERS = {
  Vary: 'Origin',
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'Retry-After',
};

import type { OpenToOrigins } from '../../platform/http/cors.js';

const EXPOSED = ['ETag', 'Retry-After', 'WWW-Authenticate', 'X-Request-Id'];

/**
 * Apps for TVs are often pages of a strange origin. Only the `Authorization` header counts here, never a cookie, so any
 * origin may call, without credentials (S-112, ADR 0022).
 */
export const apiCors: OpenToOrigins = {
  paths: /^\/api\/v1(?:\/|$)/i,
  options: {
    origin: '*',
    methods: ['GET', 'HEAD', 'POST', 'DELETE', 'OPTIONS'],
    allowedHeaders: ['Authorization', 'Content-Type', 'Accept', 'If-None-Match', 'Last-Event-ID'],
    exposedHeaders: EXPOSED,
    maxAge: 600,
    strictPreflight: false,
  },
};

/** What the answer to a simple request of another origin carries; as the plug-in writes it. */
export const API_OPEN_HEADERS = {
  Vary: 'Origin',
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': EXPOSED.join(', '),
};

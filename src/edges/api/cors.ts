import type { OpenToOrigins } from '../../platform/http/cors.js';

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
    exposedHeaders: ['ETag', 'Retry-After', 'WWW-Authenticate', 'X-Request-Id'],
    maxAge: 600,
    strictPreflight: false,
  },
};

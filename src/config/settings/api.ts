import { limit, seconds, whole } from '../setting.js';

/** The native API under /api/v1. */
export const api = {
  apiRequestsApp: limit(
    'LIMIT_API_REQUESTS_PER_APP_MINUTE',
    120,
    'Requests to /api/v1 per signed-in app and minute; ending things is not counted (S-25).',
  ),
  apiRequestsNetwork: limit(
    'LIMIT_API_REQUESTS_PER_NETWORK_MINUTE',
    1_200,
    'Requests to /api/v1 per network and minute, counted before the token is looked at; those that end something are counted apart, up to as many (S-25).',
  ),
  listenersAccount: limit(
    'LIMIT_LISTENERS_PER_ACCOUNT',
    20,
    'Event streams and long polls open at once per account; the next is refused with 429.',
  ),
  listeners: limit(
    'LIMIT_LISTENERS',
    2_000,
    'Event streams and long polls open at once in all; the next is refused with 503. Keep it well below LIMIT_CONNECTIONS.',
  ),
  listenerBytes: limit(
    'LIMIT_LISTENER_BUFFER_BYTES',
    524_288,
    'What may wait for the reader of an event stream; who reads more slowly is cut off. Keep it above the largest list (256 KiB).',
  ),
  heartbeat: seconds(
    'EVENT_HEARTBEAT_SECONDS',
    15,
    'An event stream on which nothing happens gets a comment so often, and its sign-in is looked at again.',
  ),
  accessTokenLeewaySeconds: whole(
    {
      name: 'ACCESS_TOKEN_LEEWAY_SECONDS',
      fallback: '30',
      meaning:
        'How far ahead the clock of the node may have been that issued an access token; 0 to 60 (R-27). No token is accepted after its end.',
    },
    0,
    60,
  ),
};

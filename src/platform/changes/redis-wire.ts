import type { RedisLink } from '../redis/redis-link.js';
import type { Wire } from './shared-change-feed.js';

/**
 * Redis's publish and subscribe: nothing is kept, so that a Redis that starts empty has lost nothing.
 *
 * @param databaseUrl nodes of one broker have one database, whose name keeps them apart from others on the same Redis
 */
export function redisWire(redis: RedisLink, databaseUrl = 'none:/'): Wire {
  const channel = `signpost:changes:${new URL(databaseUrl).pathname.slice(1)}`;
  return {
    send: async (message) => {
      // Whoever does not get it notices by itself that it is missing.
      await redis.ask((commands) => commands.publish(channel, message)).catch(() => undefined);
    },
    listen: (listener) => redis.listen(channel, listener),
  };
}

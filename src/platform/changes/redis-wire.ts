import type { Log } from '../logging/log.js';
import { RedisAway } from '../redis/redis-away.js';
import type { RedisLink } from '../redis/redis-link.js';
import type { Wire } from './shared-change-feed.js';

/**
 * Redis's publish and subscribe: nothing is kept, so that a Redis that starts empty has lost nothing.
 *
 * @param databaseUrl nodes of one broker have one database, whose name keeps them apart from others on the same Redis
 */
export function redisWire(redis: Pick<RedisLink, 'ask' | 'listen'>, log: Log, databaseUrl = 'none:/'): Wire {
  const channel = `signpost:changes:${new URL(databaseUrl).pathname.slice(1)}`;
  // Beats come ten times a second: what goes wrong with each is told once, until one is published again.
  let isTold = false;
  return {
    send: async (message) => {
      try {
        await redis.ask((commands) => commands.publish(channel, message));
        isTold = false;
      } catch (error) {
        // Whoever does not get it notices by itself that it is missing.
        if (error instanceof RedisAway || isTold) return;
        isTold = true;
        log.error({ error }, 'changes cannot be told to the other nodes');
      }
    },
    listen: (listener) => redis.listen(channel, listener),
  };
}

import { createHash } from 'node:crypto';
import type { Redis } from 'ioredis';

/** Beginning of a script: `now` is the first thing given, in milliseconds; the time of Redis if that is empty. */
export const NOW = `
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end`;

/** By its digest; Redis is told the whole script when it does not know it, as after a restart. */
export async function runScript(
  redis: Redis,
  script: string,
  keys: readonly string[],
  given: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await redis.evalsha(digest(script), keys.length, ...keys, ...given);
  } catch (error) {
    if (!(error as Error).message.startsWith('NOSCRIPT')) throw error;
    return redis.eval(script, keys.length, ...keys, ...given);
  }
}

const digests = new Map<string, string>();

function digest(script: string): string {
  const known = digests.get(script) ?? createHash('sha1').update(script).digest('hex');
  digests.set(script, known);
  return known;
}

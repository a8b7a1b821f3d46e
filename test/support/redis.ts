import { RedisLink } from '../../src/platform/redis/redis-link.js';
import { eventually } from './eventually.js';
import { RecordingLog } from './recording-log.js';

const PATIENCE_MS = 10_000;

/** To the Redis of the tests, and waits for it: that a machine is busy breaks no promise that is not about time. */
export async function patientLink(url: string): Promise<RedisLink> {
  const link = await RedisLink.open(url, new RecordingLog(), PATIENCE_MS);
  await eventually(() => {
    if (!link.isUp) throw new Error('Redis does not answer');
  });
  return link;
}

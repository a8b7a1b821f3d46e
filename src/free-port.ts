import { once } from 'node:events';
import { createServer } from 'node:net';
import { StartupError } from './platform/startup-error.js';
import type { Random } from './shared/random.js';

/**
 * Below what systems give to connections that go out (Linux: from 32768, others from 49152): one of those, found free, may
 * belong to somebody's connection by the time that the broker listens.
 */
const [FIRST, COUNT] = [20_000, 10_000];
const ATTEMPTS = 50;

/** A port that nobody listens at. Only a start may take it so: it is not held. @throws StartupError */
export async function freePort(host: string, random: Random): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = FIRST + random.below(COUNT);
    if (await isFree(host, port)) return port;
  }
  throw new StartupError('No free port was found. Set PORT.');
}

async function isFree(host: string, port: number): Promise<boolean> {
  const probe = createServer().listen(port, host);
  try {
    await once(probe, 'listening');
  } catch (error) {
    // What else is wrong with the address is told when it is used.
    return (error as NodeJS.ErrnoException).code !== 'EADDRINUSE';
  }
  probe.close();
  await once(probe, 'close');
  return true;
}

import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import type { Config } from './config/index.js';
import { Readiness } from './platform/http/readiness.js';
import type { Log } from './platform/logging/log.js';

/**
 * Waits for SIGTERM or SIGINT, then stops without dropping a request: not ready at once, still serving for
 * DRAIN_DELAY, then no new connections and DRAIN_TIMEOUT for what is in flight. A second signal ends it immediately.
 *
 * @returns the exit code
 */
export async function stopOnSignal(app: NestFastifyApplication, config: Config, log: Log): Promise<number> {
  const signal = await nextSignal();
  log.info({ signal }, 'stopping');
  const impatient = nextSignal().then(() => 1);
  return Promise.race([drain(app, config, signal), impatient, giveUp(config, log)]);
}

async function drain(app: NestFastifyApplication, config: Config, signal: NodeJS.Signals): Promise<number> {
  app.get(Readiness).drain();
  // Ctrl-C comes from somebody who sits in front of it: no load balancer has to notice.
  if (signal !== 'SIGINT') await pause(config.drainDelay);
  await app.close();
  return 0;
}

async function giveUp(config: Config, log: Log): Promise<number> {
  await pause(config.drainDelay + config.drainTimeout, undefined, { ref: false });
  log.warn({}, 'requests in flight did not end in time and are cut');
  return 0;
}

async function nextSignal(): Promise<NodeJS.Signals> {
  const waits = (['SIGTERM', 'SIGINT'] as const).map(async (name) => {
    await once(process, name);
    return name;
  });
  return Promise.race(waits);
}

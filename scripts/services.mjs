/**
 * The servers that tests need besides the broker, by hand: `npm test` starts and stops them by itself, but somebody who
 * runs single tests all day keeps them with `start`.
 *
 * `node scripts/services.mjs start | stop | status | install`; `start` and `status` print
 * `{"databaseUrl":…,"redisUrl":…}`; `install` gets the Debian packages that are missing (as root).
 */
import { installMissing } from './lib/debian.mjs';
import { perform, Stop } from './lib/say.mjs';
import { acquire, status, stop } from './lib/services.mjs';

/** @type {Record<string, () => Promise<number>>} */
const verbs = {
  async start() {
    const services = await acquire('kept');
    console.log(JSON.stringify(services));
    return services.databaseUrl === null || services.redisUrl === null ? 1 : 0;
  },
  async stop() {
    await stop();
    return 0;
  },
  async status() {
    console.log(JSON.stringify(await status()));
    return 0;
  },
  async install() {
    await installMissing();
    return 0;
  },
};

await perform(async () => {
  const verb = verbs[process.argv[2] ?? ''];
  if (verb === undefined) throw new Stop(`say one of: ${Object.keys(verbs).join(', ')}`);
  return verb();
});

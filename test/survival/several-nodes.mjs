import { setTimeout as pause } from 'node:timers/promises';
import { Cluster } from './cluster.mjs';
import { Findings } from './findings.mjs';
import { Revocations } from './revocations.mjs';

/** With Redis away an ended link may be shown for longer. */
const WITHOUT_REDIS_MS = 2_000;

/** @type {import('./stage.mjs').Experiment} */
export const revocations = {
  id: 'R-50',
  what: 'links ended at one of three nodes, Redis killed and replaced in the middle',
  must: 'no list that begins 500 ms after the acknowledgement shows it on any node, 2 s without Redis; no error because of Redis',
  async run(stage) {
    const cluster = await Cluster.start(stage, [{}, {}, {}], ['ann']);
    const watch = new Revocations(cluster);
    watch.start();
    for (let batch = 0; batch < stage.pick(50, 3); batch += 1)
      await watch.end(await watch.link(stage.pick(20, 10), batch), batch + 1);
    await pause(1_000);
    const withRedis = watch.slowest;
    stage.say(`${watch.ended} links ended`);

    watch.slowest = 0;
    watch.limit = WITHOUT_REDIS_MS;
    const servers = await watch.link(stage.pick(200, 30));
    const ending = watch.end(servers);
    await pause(300);
    await cluster.killRedis();
    await ending;
    await watch.end(await watch.link(stage.pick(50, 5)), 1);
    await pause(WITHOUT_REDIS_MS + 500);
    const withoutRedis = watch.slowest;
    stage.say(`${watch.ended} links ended, Redis is away`);

    await cluster.newRedis();
    const again = await cluster.remembers();
    watch.slowest = 0;
    watch.limit = 500;
    await watch.end(await watch.link(stage.pick(50, 10), 1), 2);
    await pause(1_000);
    await watch.stop();
    return new Findings()
      .note('links ended', watch.ended)
      .note('lists', watch.lists)
      .none('stale or short lists, errors', watch.offences)
      .atMost('slowest to go', withRedis, 500, 'ms')
      .atMost('slowest to go without Redis', withoutRedis, WITHOUT_REDIS_MS, 'ms')
      .atMost('slowest to go afterwards', watch.slowest, 500, 'ms')
      .atMost('lists remembered again after', again, 15, 's');
  },
};

/** P-1 with many connections, to Syncthing's discovery server. */
import { atLeast, perSecond } from './facts.mjs';
import { startSyncthingDiscovery } from './others.mjs';
import { startBroker, startLoad } from './processes.mjs';
import { slices } from './rounds.mjs';

/** @typedef {import('./stage.mjs').Stage} Stage */

const CONNECTIONS = 128;

/** @type {{ ids: readonly string[], run(stage: Stage): Promise<import('./facts.mjs').Result[]> }} */
export const crowd = {
  ids: ['P-1'],
  async run(stage) {
    const syncthing = await startSyncthingDiscovery(stage);
    if (!syncthing) return [];
    const broker = await startBroker(await stage.sqlite());
    const lists = await startLoad({
      kind: 'list',
      from: 0,
      count: stage.sizes.rich,
      connections: CONNECTIONS,
      port: broker.port,
    });
    const looked = await startLoad({
      kind: 'plain',
      from: 0,
      count: 1,
      path: syncthing.path,
      connections: CONNECTIONS,
      port: syncthing.subject.port,
    });
    // As in P-1: until the requests are known.
    for (let time = 0; time < 4; time += 1) await lists.ask();
    const result = await slices(stage.effort, { syncthing: looked.rate, lists: lists.rate });
    for (const subject of [lists, looked, broker, syncthing.subject]) await subject.stop();
    return [
      atLeast({
        id: 'P-1',
        what: `discovery, warm, ${CONNECTIONS} connections, to Syncthing’s discovery`,
        value: result.ratio('lists', 'syncthing'),
        least: 1,
        detail: `${perSecond(result.rate.lists)}, Syncthing ${perSecond(result.rate.syncthing)}`,
      }),
    ];
  },
};

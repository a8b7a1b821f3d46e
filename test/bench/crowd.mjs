/** P-1 with many connections, to Syncthing's discovery server. */
import { atLeast, perSecond } from './facts.mjs';
import { startSyncthingDiscovery } from './others.mjs';
import { load, startBroker } from './processes.mjs';
import { roundsThereAndBack } from './rounds.mjs';

/** @typedef {import('./stage.mjs').Stage} Stage */

const CONNECTIONS = 128;

/** @type {{ ids: readonly string[], run(stage: Stage): Promise<import('./facts.mjs').Result[]> }} */
export const crowd = {
  ids: ['P-1'],
  async run(stage) {
    const syncthing = await startSyncthingDiscovery(stage.subfolder('syncthing'));
    if (!syncthing) {
      stage.lacks('Syncthing’s discovery server (Debian: syncthing-discosrv)');
      return [];
    }
    const broker = await startBroker(await stage.sqlite());
    const seconds = stage.effort.seconds / 2;
    const lists = {
      kind: /** @type {const} */ ('list'),
      from: 0,
      count: stage.sizes.rich,
      port: broker.port,
    };
    const looked = { kind: /** @type {const} */ ('plain'), from: 0, count: 1, path: syncthing.path };
    const crowded = { connections: CONNECTIONS, seconds };
    // As in P-1: until the requests are known.
    for (let time = 0; time < 4; time += 1) await load({ ...lists, connections: CONNECTIONS });
    const result = await roundsThereAndBack(stage.effort.rounds, {
      syncthing: async () => (await load({ ...looked, ...crowded, port: syncthing.subject.port })).rate,
      lists: async () => (await load({ ...lists, ...crowded })).rate,
    });
    for (const subject of [broker, syncthing.subject]) await subject.stop();
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

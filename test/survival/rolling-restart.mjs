import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../../scripts/lib/sockets.mjs';
import { Cluster, notices } from './cluster.mjs';
import { Findings, quantile } from './findings.mjs';
import { haproxyBefore } from './haproxy.mjs';
import { Pace } from './pace.mjs';
import { asServer, deviceList, factsOf, link, post, registerServer, serverList } from './people.mjs';

/** @typedef {import('./people.mjs').Person} Person */
/** @typedef {import('./people.mjs').Server} Server */

/** Of HAProxy's checks: it looks each second. */
const NOTICED_MS = 2_500;

/**
 * Reads and writes, in turn; no write is sent twice. @param {string} url @param {Person} person @param {Server} server
 * @returns {(at: number) => Promise<import('./people.mjs').Answer>}
 */
function mixed(url, person, server) {
  const requests = [
    () => deviceList(url, person),
    () => serverList(url, server),
    () => post(`${url}/service/pin`, { deviceId: 'tv' }),
    () => deviceList(url, person),
    () => post(`${url}/service/Servers?id=${server.id}`, factsOf('attic'), asServer(server)),
    () => serverList(url, server),
    () => post(`${url}/service/Servers`, factsOf('another')),
  ];
  return (at) => {
    const request = requests[at % requests.length];
    if (!request) throw new Error('no request');
    return request();
  };
}

/** @type {import('./stage.mjs').Experiment} */
export const rollingRestart = {
  id: 'R-31',
  what: 'three nodes behind HAProxy, each stopped and started again in turn, under a mixed load',
  must: 'no request fails, although no write is sent twice; clean exits; p99 ≤ 3 × that before',
  async run(stage) {
    const ports = await Promise.all([freePort(), freePort(), freePort()]);
    const settings = ports.map((port) => ({ PORT: String(port), TRUST_PROXY: '127.0.0.1' }));
    const cluster = await Cluster.start(stage, settings, ['ann']);
    const url = await haproxyBefore(stage, ports);
    const { person } = cluster;
    const server = await registerServer(url, 'attic');
    await link(url, server, person, 'l'.repeat(32));
    const pace = new Pace(stage.pick(300, 50), mixed(url, person, server));
    pace.start();
    await pause(stage.pick(30_000, 5_000));
    const steady = quantile(pace.times, 0.99);
    pace.times = [];
    /** @type {string[]} */
    const unclean = [];
    const rounds = stage.pick(10, 2);
    for (let round = 1; round <= rounds; round += 1) {
      for (let n = 0; n < ports.length; n += 1) {
        const how = await cluster.restart(n);
        if (how !== 'exit code 0') unclean.push(how);
        while ((await notices(cluster.at(n).url)) === null) await pause(50);
        await pause(NOTICED_MS);
        stage.say(`round ${round}, node ${n}: ${pace.times.length} requests, ${pace.failures.length} failed`);
      }
    }
    await pace.stop();
    return new Findings()
      .note('restarts', rounds * ports.length)
      .note('requests', pace.times.length)
      .none('failed', pace.failures)
      .none('unclean exits', unclean)
      .note('p99 before', steady, 'ms')
      .atMost('p99 meanwhile', quantile(pace.times, 0.99) / steady, 3, '× that before');
  },
};

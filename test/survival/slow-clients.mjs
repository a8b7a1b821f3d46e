import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Findings } from './findings.mjs';
import { addressOf } from './flood/lanes.mjs';
import { FILLED_AFTER_MS, SlowClients } from './flood/slow-clients.mjs';
import { Floods, MIX, unserved } from './overload.mjs';
import { ask } from './people.mjs';
import { cpuOf } from './process.mjs';

const ORDINARY_A_SECOND = 50;

/** @type {import('./stage.mjs').Experiment} */
export const slowClients = {
  id: 'R-44',
  what: '2,000 connections that send a byte a second, or do not read',
  must: 'p99 of ordinary requests ≤ 200 ms, the slow ones are closed within 15 s',
  async run(stage) {
    const floods = await Floods.on(stage);
    const ordinary = (/** @type {number} */ seconds) =>
      floods.at(ORDINARY_A_SECOND, seconds, { mix: MIX, lanes: 200, room: 1_000 });
    await ordinary(stage.pick(20, 8));
    const quiet = await ordinary(stage.pick(20, 5));
    const clients = new SlowClients(floods.port);
    const half = stage.pick(950, 285);
    await clients.keep({ header: half, body: half, read: stage.pick(100, 30) });
    stage.say(`${clients.open} slow clients`);
    const busy = await ordinary(stage.pick(60, 10));
    for (const [kind, told] of Object.entries(busy.kinds)) stage.say(`${kind}: ${unserved(told).join(', ')}`);
    const left = await clients.ended();
    const { header, body, read } = clients.lives;
    return new Findings()
      .note('slow clients', clients.opened)
      .note('who did not read', read.length)
      .note('p99 without', quiet.all.p99, 'ms')
      .atMost('p99 of ordinary requests', busy.all.p99, 200, 'ms')
      .atMost('ordinary requests that were not served', busy.all.sent - busy.all.served, 0)
      .atMost('never closed', left, 0)
      .atMost('closed within, slow heads', Math.max(...header) / 1_000, 15, 's')
      .atMost('slow bodies', Math.max(...body) / 1_000, 15, 's')
      .atMost('slow readers', (Math.max(...read) - FILLED_AFTER_MS) / 1_000, 15, 's')
      .note('lag of the load generator', busy.lag, 'ms');
  },
};

const FILES = 160;

/** @type {import('./stage.mjs').Experiment} */
export const noMoreFiles = {
  id: 'R-44',
  what: 'more connections than the process may have files',
  must: 'refuses them without spinning, serves those it has, and new ones within 5 s of the end',
  async run(stage) {
    // Node itself raises the soft limit to the hard one.
    const before = ['/bin/sh', '-c', `ulimit -n ${FILES}; exec "$@"`, 'sh'];
    const broker = await stage.broker({ before });
    const port = Number(new URL(broker.url).port);
    const sockets = Array.from({ length: FILES * 2 }, (_none, n) =>
      connect({ port, host: '127.0.0.1', localAddress: addressOf(n) }).on('error', () => undefined),
    );
    let closed = 0;
    for (const socket of sockets) socket.resume().once('close', () => (closed += 1));
    await pause(2_000);
    const [since, cpu] = [performance.now(), cpuOf(broker.pid)];
    await pause(5_000);
    const share = (cpuOf(broker.pid) - cpu) / ((performance.now() - since) / 1_000);
    const refused = closed;
    const kept = sockets.find((socket) => !socket.destroyed);
    const answer = await answerOn(kept);
    for (const socket of sockets) socket.destroy();
    const ended = performance.now();
    await serves(broker.url);
    return new Findings()
      .note('files', FILES)
      .atLeast('connections that were refused', refused, 1)
      .atLeast('answer on one that is open', answer, 200)
      .atMost('processor meanwhile', share, 0.3, 'cores')
      .atMost('serves new ones after', (performance.now() - ended) / 1_000, 5, 's')
      .none('ends of the process', broker.hasEnded ? [broker.trouble] : []);
  },
};

/** Resolves when it does. @param {string} url */
async function serves(url) {
  for (const end = performance.now() + 30_000; performance.now() < end;) {
    const answer = await ask(`${url}/health/ready`).catch(() => null);
    if (answer?.status === 200) return;
    await pause(50);
  }
}

/** @param {import('node:net').Socket | undefined} socket @returns {Promise<number>} the status; 0 without an answer */
async function answerOn(socket) {
  if (!socket) return 0;
  /** @type {Promise<number>} */
  const answered = new Promise((resolve) => {
    socket.once('data', (/** @type {Buffer} */ data) =>
      resolve(Number(data.toString('latin1').slice(9, 12))),
    );
    socket.once('close', () => resolve(0));
  });
  socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
  return Promise.race([answered, pause(5_000, 0)]);
}

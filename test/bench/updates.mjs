/** P-5: what servers say again and again, most of the time nothing new, beside what Syncthing's discovery server is told. */
import { atLeast, atMost, perSecond } from './facts.mjs';
import { startSyncthingDiscovery } from './others.mjs';
import { startBare, startBroker, startLoad } from './processes.mjs';
import { ratesOf, slices } from './rounds.mjs';

/** @typedef {import('./stage.mjs').Stage} Stage */
/** @typedef {Awaited<ReturnType<typeof startLoad>>} Load */

const CONNECTIONS = 32;

/** @type {{ ids: readonly string[], run(stage: Stage): Promise<import('./facts.mjs').Result[]> }} */
export const updates = {
  ids: ['P-5'],
  async run(stage) {
    const broker = await startBroker(await stage.sqlite());
    const fastify = await startBare('fastify', await stage.bodyFrom(broker.port));
    const syncthing = await startSyncthingDiscovery(stage);
    const job = { connections: CONNECTIONS, from: 0, count: stage.sizes.servers };
    /** @type {Record<string, Load>} */
    const loads = {
      Fastify: await startLoad({ ...job, kind: 'plain', port: fastify.port }),
      updates: await startLoad({ ...job, kind: 'update', port: broker.port }),
    };
    if (syncthing) {
      const { subject, certificate } = syncthing;
      loads['Syncthing'] = await startLoad({ ...job, kind: 'announce', certificate, port: subject.port });
    }
    // Every server and every device once, as the next time finds them: known.
    for (const each of Object.values(loads)) await each.ask();
    const before = await broker.transactions();
    const result = await slices(stage.effort, ratesOf(loads));
    const transactions = (await broker.transactions()) - before;
    for (const each of [...Object.values(loads), broker, fastify, syncthing?.subject]) await each?.stop();
    const rates = Object.entries(result.rate).map(([name, rate]) => `${name} ${perSecond(rate)}`);
    const fact = (/** @type {string} */ to, /** @type {number} */ least) =>
      atLeast({
        id: 'P-5',
        what: `update with nothing new, to ${to}`,
        value: result.ratio('updates', to),
        least,
        detail: rates.join(', '),
      });
    return [
      fact('Fastify', 0.35),
      ...(syncthing ? [fact('Syncthing', 0.8)] : []),
      atMost({
        id: 'P-5',
        what: 'transactions that write',
        value: transactions,
        unit: 'writes',
        most: 0,
        detail: 'while servers told nothing new',
      }),
    ];
  },
};

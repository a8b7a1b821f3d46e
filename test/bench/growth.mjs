/** P-4: what a list that is not in memory takes when there are a thousand times as many links. */
import { sizedBy } from './cast.mjs';
import { NOBODY_REFUSED, startBroker, startLoad } from './processes.mjs';
import { slices } from './rounds.mjs';

/** @typedef {import('./stage.mjs').Stage} Stage */

/** Fewer than tokens are remembered, so that in each database nothing but the list is read; spread over all of it. */
const MOST_ASKED = 20_000;

/** @param {Stage} stage @param {number} links */
async function startGrown(stage, links) {
  const sizes = sizedBy(links);
  const broker = await startBroker(await stage.grown(sizes), { LISTS_MEMORY_MB: '0', ...NOBODY_REFUSED });
  const count = Math.min(sizes.accounts, MOST_ASKED);
  const asked = { port: broker.port, from: 0, count, step: Math.floor(sizes.accounts / count) };
  const load = await startLoad({ ...asked, kind: 'list', connections: 1 });
  // Until the tokens are remembered, and V8 has compiled what they run through.
  await load.ask();
  return { broker, load };
}

/** @type {import('./measures.mjs').Measure} */
export const growth = {
  ids: ['P-4'],
  prepare: (stage) => stage.links.map((links) => stage.grown(sizedBy(links))),
  async run(stage) {
    const { links, effort } = stage;
    const [few, some, many] = [
      await startGrown(stage, links[0]),
      await startGrown(stage, links[1]),
      await startGrown(stage, links[2]),
    ];
    // One after another: how long a list takes, not how long it waits.
    const result = await slices(effort, {
      few: few.load.median,
      some: some.load.median,
      many: many.load.median,
    });
    for (const { broker, load } of [few, some, many]) for (const each of [load, broker]) await each.stop();
    const us = Object.values(result.rate).map((ms) => `${Math.round(ms * 1_000)} µs`);
    const value = result.ratio('many', 'few');
    const counts = links.map((count) => count.toLocaleString('en')).join(', ');
    const detail = `${us.join(', ')} at ${counts} links`;
    const what = 'median of a list that is read, SQLite, from few links to many';
    return [{ id: 'P-4', what, value, unit: '×', target: '≤ 1.20', holds: value <= 1.2, detail }];
  },
};

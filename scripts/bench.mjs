/**
 * `npm run bench`: how fast the broker is, as ratios to what it could be at best, measured in the same run
 * (docs/performance.md). `-- --quick`: little data and short rounds, to see that it works. `-- P-1 P-2`: only these.
 */
import { cpus } from 'node:os';
import { writeFileSync } from 'node:fs';
import { FULL, QUICK } from '../test/bench/cast.mjs';
import { measures } from '../test/bench/measures.mjs';
import { isPinned, stopAll } from '../test/bench/processes.mjs';
import { Stage } from '../test/bench/stage.mjs';
import { ensureBuilt } from './lib/build.mjs';
import { inCheckout } from './lib/checkout.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { perform, say, secondsSince } from './lib/say.mjs';

const given = process.argv.slice(2);
const isQuick = given.includes('--quick');
const wanted = given.filter((argument) => argument.startsWith('P-'));

/** @param {import('../test/bench/measures.mjs').Result} result */
function line({ id, what, value, unit, target, holds, detail }) {
  const shown = `${value.toFixed(unit === '×' ? 2 : 0)} ${unit}`.padStart(9);
  const verdict = holds === null ? '' : holds ? 'holds' : 'FALLS SHORT';
  return `${id.padEnd(5)} ${verdict.padEnd(11)} ${shown}  (${target})  ${what}: ${detail}`;
}

/** @param {import('../test/bench/measures.mjs').Measure} measure @param {Stage} stage @returns {Promise<import('../test/bench/measures.mjs').Result[] | null>} null: it failed */
async function taken(measure, stage) {
  const since = performance.now();
  const ids = measure.ids.join(', ');
  try {
    const results = await measure.run(stage);
    for (const result of results) console.log(line(result));
    return results;
  } catch (error) {
    console.log(`${ids} could not be measured: ${String(error)}`);
    return null;
  } finally {
    await stopAll();
    say(`${ids} took ${secondsSince(since)}`);
  }
}

await perform(async () => {
  await ensureInstalled();
  await ensureBuilt();
  const stage = isQuick
    ? new Stage(QUICK, { rounds: 3, seconds: 1 }, [1_000, 10_000, 100_000])
    : new Stage(FULL, { rounds: 5, seconds: 2 }, [1_000, 100_000, 1_000_000]);
  const all = [];
  const since = performance.now();
  const isWanted = (/** @type {string} */ id) => wanted.length === 0 || wanted.includes(id);
  try {
    const taking = measures.filter(({ ids }) => ids.some(isWanted));
    // Side by side, while nothing is measured.
    const preparing = taking.flatMap((measure) => measure.prepare?.(stage) ?? []);
    if (taking.some(({ ids }) => !ids.includes('P-4'))) preparing.push(stage.sqlite());
    await Promise.all(preparing);
    say(`seeding took ${secondsSince(since)}`);
    for (const measure of taking) all.push(await taken(measure, stage));
  } finally {
    await stage.clear();
  }
  say(`all of it took ${secondsSince(since)}`);
  const results = all.flatMap((some) => some ?? []);
  const machine = {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    node: process.version,
    pinned: isPinned,
    quick: isQuick,
  };
  writeFileSync(inCheckout('test/bench/results.json'), `${JSON.stringify({ machine, results }, null, 2)}\n`);
  for (const missing of stage.missing) console.log(`not compared with: ${missing}`);
  return !all.includes(null) && results.every(({ holds }) => holds !== false) ? 0 : 1;
});

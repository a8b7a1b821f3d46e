/**
 * `npm run survival`: what the broker lives through (docs/reliability.md). Brokers in processes of their own, databases and
 * mail servers of their own, and real faults. `-- --short`: few rounds and little data, in a few minutes.
 * `-- R-10 R-15`: only these.
 */
import { cpus, totalmem } from 'node:os';
import { writeFileSync } from 'node:fs';
import { ensureBuilt } from './lib/build.mjs';
import { inCheckout } from './lib/checkout.mjs';
import { Interrupted } from './lib/child.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { dropRepeatedInterrupts, interruption } from './lib/interrupts.mjs';
import { perform, say, secondsSince, Stop } from './lib/say.mjs';

/** @typedef {import('../test/survival/stage.mjs').Experiment} Experiment */
/** @typedef {{ id: string, what: string, must: string, outcome: 'holds' | 'FALLS SHORT' | 'not here', words: string, took: string, figures: readonly unknown[] }} Result */

const given = process.argv.slice(2);
const isShort = given.includes('--short');
const wanted = given.filter((argument) => argument !== '--short');

/** @param {Result} result */
const line = ({ id, what, outcome, words, took }) =>
  `${id.padEnd(5)} ${outcome.padEnd(11)} ${took.padStart(8)}  ${what}: ${words}`;

/**
 * @param {Experiment} experiment
 * @param {Promise<never>} interrupted
 * @returns {Promise<Result>}
 */
async function play({ id, what, must, run }, interrupted) {
  const { NotHere, Stage } = await import('../test/survival/stage.mjs');
  const since = performance.now();
  say(`${id} ${what}: ${must}`);
  const stage = new Stage(id, isShort);
  const known = () => ({ id, what, must, took: secondsSince(since) });
  try {
    const findings = await Promise.race([run(stage), interrupted]);
    const outcome = findings.holds ? 'holds' : 'FALLS SHORT';
    return { ...known(), outcome, words: findings.inWords, figures: findings.figures };
  } catch (error) {
    if (error instanceof NotHere)
      return { ...known(), outcome: 'not here', words: error.message, figures: [] };
    if (error instanceof Interrupted) throw error;
    const words = String(error instanceof Error ? error.stack : error);
    return { ...known(), outcome: 'FALLS SHORT', words, figures: [] };
  } finally {
    await stage.clear();
  }
}

/** @returns {Promise<readonly Experiment[]>} */
async function chosen() {
  const { experiments } = await import('../test/survival/experiments.mjs');
  const unknown = wanted.filter((id) => !experiments.some((experiment) => experiment.id === id));
  if (unknown.length > 0) throw new Stop(`there is no experiment ${unknown.join(', ')}`);
  return experiments.filter(({ id }) => wanted.length === 0 || wanted.includes(id));
}

/** @param {readonly Result[]} results */
function write(results) {
  const machine = {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    node: process.version,
    short: isShort,
    at: new Date().toISOString(),
  };
  const file = inCheckout('test/survival/results.json');
  writeFileSync(file, `${JSON.stringify({ machine, results }, null, 2)}\n`);
}

await perform(async () => {
  await ensureInstalled();
  await ensureBuilt();
  if (process.env['npm_lifecycle_event'] !== undefined) dropRepeatedInterrupts();
  const interrupted = interruption();
  /** @type {Result[]} */
  const results = [];
  for (const experiment of await chosen()) {
    const result = await play(experiment, interrupted);
    results.push(result);
    console.log(line(result));
    write(results);
  }
  console.log(`\n${results.map(line).join('\n')}`);
  return results.some(({ outcome }) => outcome === 'FALLS SHORT') ? 1 : 0;
});

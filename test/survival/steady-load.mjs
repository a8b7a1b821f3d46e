import { PARAMETERS } from '../bench/sign-ins.mjs';
import { startRawArgon2 } from '../bench/processes.mjs';
import { mean } from '../bench/rounds.mjs';
import { Findings } from './findings.mjs';
import { together } from './flood/tally.mjs';
import { Floods, unserved } from './overload.mjs';

/** @typedef {import('./flood/generator.mjs').Outcome} Outcome */

const LISTS_A_SECOND = 500;
const SIGN_INS_A_SECOND = 60;
/** So many hashes a second both cores of the machine could make for which that was said. */
const HASHES_A_SECOND = 128;
/** People and devices ask for as much as guide/operators.md promises for two cores. */
const SIZES = { accounts: 100_000, servers: 20_000, links: 300_000, rich: 10_000 };

/** @type {import('./stage.mjs').Experiment} */
export const steadyLoad = {
  id: 'R-40',
  what: `${LISTS_A_SECOND} lists a second, and ${SIGN_INS_A_SECOND} sign-ins a second, on the cores of the load generator`,
  must: 'p99 of lists ≤ 50 ms, of sign-ins ≤ 1.5 s, all served',
  async run(stage) {
    const floods = await Floods.on(stage, { onBothCores: true, ...stage.pick({ sizes: SIZES }, {}) });
    const lists = (/** @type {number} */ seconds) =>
      floods.at(LISTS_A_SECOND, seconds, { mix: { discovery: 1 }, lanes: 1_000, room: 2_000 });
    // Code is compiled first; most of the accounts come later, for the first time.
    await lists(stage.pick(15, 8));
    const asked = await lists(stage.pick(60, 10));
    const { ceilings, rates, outcomes } = await signIns(floods);
    const signedIn = together(outcomes.map(({ all }) => all));
    return new Findings()
      .note('lists', asked.all.sent)
      .atMost('p99 of lists', asked.all.p99, 50, 'ms')
      .none('lists not served', unserved(asked.all))
      .note('Argon2id alone, on both cores', mean(ceilings), '/s')
      .note('sign-ins asked for', mean(rates), '/s')
      .note('sign-ins', signedIn.sent)
      .note('p50 of sign-ins', signedIn.p50, 'ms')
      .atMost('p99 of sign-ins', signedIn.p99, 1_500, 'ms')
      .none('sign-ins not served', unserved(signedIn))
      .none('wrong answers', [...asked.all.offences, ...signedIn.offences])
      .note('lag of the load generator', Math.max(...[asked, ...outcomes].map(({ lag }) => lag)), 'ms');
  },
};

/**
 * In turns with Argon2id alone: where the cores hash less than they should, as many sign-ins fewer are asked for, for the speed of a
 * machine moves.
 * @param {Floods} floods
 */
async function signIns(floods) {
  const { stage } = floods;
  const seconds = stage.pick(20, 6);
  const onBoth = [await startRawArgon2(PARAMETERS, 0), await startRawArgon2(PARAMETERS, 1)];
  stage.atEnd(() => Promise.all(onBoth.map((one) => one.stop())));
  const signIn = (/** @type {number} */ rate) =>
    floods.at(rate, seconds, { mix: { 'sign-in': 1 }, lanes: 200, room: 1_000 });
  // V8 compiles for the first thousand of them.
  await signIn(SIGN_INS_A_SECOND / 2);
  /** @type {{ ceilings: number[], rates: number[], outcomes: Outcome[] }} */
  const seen = { ceilings: [], rates: [], outcomes: [] };
  for (let turn = 0; turn < stage.pick(3, 1); turn += 1) {
    const hashes = await Promise.all(onBoth.map((one) => one.rate(2)));
    const ceiling = hashes.reduce((sum, each) => sum + each, 0);
    const rate = SIGN_INS_A_SECOND * Math.min(1, ceiling / HASHES_A_SECOND);
    const outcome = await signIn(rate);
    const { p50, p99 } = outcome.all;
    stage.say(
      `Argon2id alone ${ceiling.toFixed(0)}/s, sign-ins ${rate.toFixed(0)}/s, p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`,
    );
    seen.ceilings.push(ceiling);
    seen.rates.push(rate);
    seen.outcomes.push(outcome);
  }
  return seen;
}

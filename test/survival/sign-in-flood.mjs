import { setTimeout as pause } from 'node:timers/promises';
import { Findings } from './findings.mjs';
import { Floods } from './overload.mjs';

/** A quarter of what R-40 asks for, so that it is sign-ins that may make lists late. */
const LISTS_A_SECOND = 125;
const SIGN_INS = 200;

/** @type {import('./stage.mjs').Experiment} */
export const signInFlood = {
  id: 'R-43',
  what: `${SIGN_INS} sign-ins under way all the time`,
  must: 'p99 of discovery ≤ 100 ms',
  async run(stage) {
    const floods = await Floods.on(stage, { onBothCores: true });
    const seconds = stage.pick(60, 10);
    const lists = (/** @type {number} */ much) =>
      floods.at(LISTS_A_SECOND, much, { mix: { discovery: 1 }, lanes: 1_000, room: 2_000 });
    await lists(stage.pick(20, 8));
    const quiet = await lists(stage.pick(20, 5));
    const signIns = floods.at(1, seconds + 6, {
      mix: { 'sign-in': 1 },
      inFlight: SIGN_INS,
      lanes: SIGN_INS,
      room: SIGN_INS,
    });
    // All of them are there by then.
    await pause(4_000);
    const busy = await lists(seconds);
    const { all } = await signIns;
    return (
      new Findings()
        // A flood that is only refused is none.
        .atLeast('sign-ins', all.served / (seconds + 6), 1, '/s')
        .note('refused', all.statuses['503'] ?? 0)
        .note('p99 of sign-ins', all.p99, 'ms')
        .note('lists', busy.all.served)
        .none('lists that were none', notServed(busy.all.statuses))
        .note('p99 of discovery without', quiet.all.p99, 'ms')
        .atMost('p99 of discovery', busy.all.p99, 100, 'ms')
        .none('wrong answers', [...all.offences, ...busy.all.offences])
        .note('lag of the load generator', busy.lag, 'ms')
    );
  },
};

/** @param {Record<string, number>} statuses */
const notServed = (statuses) =>
  Object.entries(statuses)
    .filter(([status]) => status !== '200')
    .map(([status, count]) => `${count} × ${status}`);

/** Rounds: every subject is measured in each, one after another, because the speed of the machine drifts. */

/** Of an even number of values, the mean of those in the middle. @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const [below, above] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return below === undefined || above === undefined ? NaN : (below + above) / 2;
}

/** @param {readonly number[]} values */
export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * As `rounds`, but each round goes through its subjects and back again, and takes the mean of both: then a machine that becomes
 * faster or slower all the while does so for all of them alike. For measures that may be taken as often as one likes.
 *
 * @template {string} Name
 * @param {number} count
 * @param {Record<Name, () => Promise<number>>} measures each of half the length
 */
function roundsThereAndBack(count, measures) {
  return rounds(count, measures, (names) => [...names, ...[...names].reverse()]);
}

/** As long as what a machine's speed does meanwhile matters little, and much longer than any request takes. */
const SLICE_SECONDS = 0.25;

/**
 * The same for what may be asked for as long as one likes, in slices so short that however the machine's speed moves, it moves
 * for all subjects alike.
 *
 * @template {string} Name
 * @param {{ rounds: number, seconds: number }} effort of which each subject gets as many seconds
 * @param {Record<Name, (seconds: number) => Promise<number>>} subjects
 */
export function slices({ rounds, seconds }, subjects) {
  const measures = /** @type {Record<Name, () => Promise<number>>} */ ({});
  for (const name of /** @type {Name[]} */ (Object.keys(subjects)))
    measures[name] = () => subjects[name](SLICE_SECONDS);
  return roundsThereAndBack(Math.ceil((rounds * seconds) / (2 * SLICE_SECONDS)), measures);
}

/**
 * @template {string} Name
 * @param {Record<Name, { rate: (seconds: number) => Promise<number> }>} loads
 * @returns {Record<Name, (seconds: number) => Promise<number>>}
 */
export function ratesOf(loads) {
  const rates = /** @type {Record<Name, (seconds: number) => Promise<number>>} */ ({});
  for (const name of /** @type {Name[]} */ (Object.keys(loads))) rates[name] = loads[name].rate;
  return rates;
}

/**
 * @template {string} Name
 * @param {number} count
 * @param {Record<Name, () => Promise<number>>} measures
 * @param {(names: Name[]) => Name[]} [order] in which a round takes them
 * @returns {Promise<{ readonly rate: Record<Name, number>, ratio(of: Name, to: Name): number, readonly all: Record<Name, number[]> }>}
 * `ratio`: the median of the rounds' ratios
 */
export async function rounds(count, measures, order = (names) => names) {
  const names = /** @type {Name[]} */ (Object.keys(measures));
  const all = /** @type {Record<Name, number[]>} */ (
    /** @type {unknown} */ (Object.fromEntries(names.map((name) => [name, []])))
  );
  for (let round = 0; round < count; round += 1) {
    /** @type {Map<Name, number[]>} */
    const seen = new Map(names.map((name) => [name, []]));
    for (const name of order(names)) seen.get(name)?.push(await measures[name]());
    for (const [name, values] of seen) all[name].push(mean(values));
  }
  const rate = /** @type {Record<Name, number>} */ (
    Object.fromEntries(names.map((name) => [name, median(all[name])]))
  );
  const ratio = (/** @type {Name} */ of, /** @type {Name} */ to) =>
    median(all[of].map((value, at) => value / (all[to][at] ?? NaN)));
  return { rate, ratio, all };
}

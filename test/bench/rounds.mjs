/** Rounds: every subject is measured in each, one after another, because the speed of the machine drifts. */

/** Of an even number of values, the mean of those in the middle. @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const [below, above] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return below === undefined || above === undefined ? NaN : (below + above) / 2;
}

/**
 * @template {string} Name
 * @param {number} count
 * @param {Record<Name, () => Promise<number>>} measures
 * @returns {Promise<{ readonly rate: Record<Name, number>, ratio(of: Name, to: Name): number, readonly all: Record<Name, number[]> }>}
 * `ratio`: the median of the rounds' ratios
 */
export async function rounds(count, measures) {
  const names = /** @type {Name[]} */ (Object.keys(measures));
  const all = /** @type {Record<Name, number[]>} */ (
    /** @type {unknown} */ (Object.fromEntries(names.map((name) => [name, []])))
  );
  for (let round = 0; round < count; round += 1) {
    for (const name of names) all[name].push(await measures[name]());
  }
  const rate = /** @type {Record<Name, number>} */ (
    Object.fromEntries(names.map((name) => [name, median(all[name])]))
  );
  const ratio = (/** @type {Name} */ of, /** @type {Name} */ to) =>
    median(all[of].map((value, at) => value / (all[to][at] ?? NaN)));
  return { rate, ratio, all };
}

/** How what was measured is said. */

/** @typedef {{ id: string, what: string, value: number, unit: '×' | 'ms' | 'MB', target: string, holds: boolean, detail: string }} Result */

/** @param {number} rate */
export const perSecond = (rate) => `${Math.round(rate).toLocaleString('en')}/s`;

/** @param {Omit<Result, 'unit' | 'holds' | 'target'> & { least: number }} fact @returns {Result} */
export function atLeast({ least, ...fact }) {
  return { ...fact, unit: '×', target: `≥ ${least.toFixed(2)}`, holds: fact.value >= least };
}

/** @param {Omit<Result, 'holds' | 'target'> & { most: number }} fact @returns {Result} */
export function atMost({ most, ...fact }) {
  return { ...fact, target: `≤ ${most}`, holds: fact.value <= most };
}

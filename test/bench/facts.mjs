/** How what was measured is said. */

/** @typedef {{ id: string, what: string, value: number, unit: '×' | 'ms' | 'MB' | 'writes', target: string, holds: boolean | null, detail: string }} Result `holds` null: shown, and held against nothing */

/** @param {number} rate */
export const perSecond = (rate) => `${Math.round(rate).toLocaleString('en')}/s`;

/** @param {Omit<Result, 'unit' | 'holds' | 'target'> & { least: number }} fact @returns {Result} */
export function atLeast({ least, ...fact }) {
  return { ...fact, unit: '×', target: `≥ ${least.toFixed(2)}`, holds: fact.value >= least };
}

/** What is only shown. @param {Omit<Result, 'unit' | 'holds' | 'target'>} fact @returns {Result} */
export const shown = (fact) => ({ ...fact, unit: '×', target: 'shown only', holds: null });

/** @param {Omit<Result, 'holds' | 'target'> & { most: number }} fact @returns {Result} */
export function atMost({ most, ...fact }) {
  return { ...fact, target: `≤ ${most}`, holds: fact.value <= most };
}

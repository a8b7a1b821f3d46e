/** What an experiment saw: figures, each with the bound that it must keep. */

/** @typedef {{ what: string, value: number, unit: string, bound: string, holds: boolean }} Figure */

export class Findings {
  /** @type {Figure[]} */
  figures = [];

  /** @param {string} what @param {number} value @param {number} most @param {string} [unit] */
  atMost(what, value, most, unit = '') {
    return this.#add({ what, value, unit, bound: `≤ ${most}`, holds: value <= most });
  }

  /** @param {string} what @param {number} value @param {number} least @param {string} [unit] */
  atLeast(what, value, least, unit = '') {
    return this.#add({ what, value, unit, bound: `≥ ${least}`, holds: value >= least });
  }

  /** @param {string} what @param {number} value @param {number} wanted */
  exactly(what, value, wanted) {
    return this.#add({ what, value, unit: '', bound: `= ${wanted}`, holds: value === wanted });
  }

  /**
   * What must not have happened at all. The first few cases are printed.
   * @param {string} what @param {readonly string[]} cases
   */
  none(what, cases) {
    for (const found of cases.slice(0, 5)) console.log(`  ${what}: ${found}`);
    return this.atMost(what, cases.length, 0);
  }

  /** Shown and not judged. @param {string} what @param {number} value @param {string} [unit] */
  note(what, value, unit = '') {
    return this.#add({ what, value, unit, bound: '', holds: true });
  }

  get holds() {
    return this.figures.every(({ holds }) => holds);
  }

  /** @returns {string} in one line */
  get inWords() {
    return this.figures.map(inWords).join(', ');
  }

  /** @param {Figure} figure */
  #add(figure) {
    this.figures.push(figure);
    return this;
  }
}

/** @param {Figure} figure */
function inWords({ what, value, unit, bound, holds }) {
  const shown = Number.isInteger(value) ? value : value.toFixed(Math.abs(value) < 10 ? 2 : 0);
  return `${what} ${shown}${unit && ` ${unit}`}${bound && ` (${bound})`}${holds ? '' : ' !'}`;
}

/** @param {readonly number[]} values in any order @param {number} share 0 to 1 @returns {number} 0 when there are none */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** What became of the requests of one kind. */
import { quantile } from '../findings.mjs';

/**
 * @typedef {object} Told
 * @property {number} sent
 * @property {Record<string, number>} statuses of answers; `none` where there was none
 * @property {number} served answers that were what was asked for
 * @property {number} p50 of these, in milliseconds from when the request was due
 * @property {number} p99
 * @property {number} most
 * @property {number} refusedP99 of 429 and 503
 * @property {readonly string[]} offences
 */

const REFUSED = new Set([429, 503]);

/**
 * Several as one: what was counted in sum, of times the worst.
 * @param {readonly Told[]} parts @returns {Told}
 */
export function together(parts) {
  /** @type {Record<string, number>} */
  const statuses = {};
  for (const part of parts)
    for (const [status, count] of Object.entries(part.statuses))
      statuses[status] = (statuses[status] ?? 0) + count;
  const sum = (/** @type {(part: Told) => number} */ of) =>
    parts.reduce((total, part) => total + of(part), 0);
  const worst = (/** @type {(part: Told) => number} */ of) => Math.max(0, ...parts.map(of));
  return {
    sent: sum(({ sent }) => sent),
    statuses,
    served: sum(({ served }) => served),
    p50: worst(({ p50 }) => p50),
    p99: worst(({ p99 }) => p99),
    most: worst(({ most }) => most),
    refusedP99: worst(({ refusedP99 }) => refusedP99),
    offences: parts.flatMap(({ offences }) => offences),
  };
}

export class Tally {
  sent = 0;
  /** @type {Map<string, number>} */
  statuses = new Map();
  /** @type {number[]} */
  served = [];
  /** @type {number[]} */
  refused = [];
  /** What must never be. @type {string[]} */
  offences = [];

  /** @param {string} kind */
  constructor(kind) {
    this.kind = kind;
  }

  /** @param {readonly Tally[]} parts @returns {Tally} all of them as one */
  static of(parts) {
    const whole = new Tally('all');
    for (const { sent, statuses, served, refused, offences } of parts) {
      whole.sent += sent;
      for (const [status, count] of statuses) whole.#count(status, count);
      whole.served = whole.served.concat(served);
      whole.refused = whole.refused.concat(refused);
      whole.offences.push(...offences);
    }
    return whole;
  }

  /** @param {number} status @param {number} ms @param {number | null} retryAfter */
  answered(status, ms, retryAfter) {
    this.#count(String(status));
    if (REFUSED.has(status)) {
      this.refused.push(ms);
      if (retryAfter === null) this.#offend(`${status} without Retry-After`);
    } else if (status < 300) this.served.push(ms);
    else if (status === 401 || status === 404) this.#offend(`told ${status}`);
  }

  /** @param {string} why */
  unanswered(why) {
    this.#count(`none: ${why}`);
  }

  /** @returns {Told} */
  get told() {
    const { sent, served, refused, offences } = this;
    return {
      sent,
      statuses: Object.fromEntries(this.statuses),
      served: served.length,
      p50: quantile(served, 0.5),
      p99: quantile(served, 0.99),
      most: quantile(served, 1),
      refusedP99: quantile(refused, 0.99),
      offences: offences.slice(0, 20),
    };
  }

  /** @param {string} what @param {number} [times] */
  #count(what, times = 1) {
    this.statuses.set(what, (this.statuses.get(what) ?? 0) + times);
  }

  /** @param {string} what */
  #offend(what) {
    this.offences.push(`${this.kind} was ${what}`);
  }
}

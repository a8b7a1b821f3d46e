import { counter, NAMES_IN_THE_CODE, type Count } from '../metrics/metrics.js';
import type { Rule } from './limiter.js';

const limits = counter({
  name: 'signpost_limits_total',
  help: 'Acts that were counted against a limit, by its bucket, and whether they passed.',
  labels: { bucket: NAMES_IN_THE_CODE, outcome: ['passed', 'refused'] },
});

/** Asked at every request of a device: the series of each bucket is looked for once. */
const passed = new Map<string, Count>();

export function countPassed(rules: readonly Rule[]): void {
  for (const { bucket } of rules) {
    let count = passed.get(bucket);
    if (count === undefined) {
      count = limits.series({ bucket, outcome: 'passed' });
      passed.set(bucket, count);
    }
    count.add();
  }
}

export function countRefused({ bucket }: Rule): void {
  limits.count({ bucket, outcome: 'refused' });
}

import { histogram } from '../../platform/metrics/metrics.js';
import { lastly, soon, type Soon } from '../../shared/soon.js';

const reads = histogram({
  name: 'signpost_list_read_duration_seconds',
  help: 'Lists read from the database because they were not remembered: of an account (for devices) or of a media server. A failed one was answered 503, never with a part of it; `signpost_failures_total` says why.',
  labels: { list: ['account', 'server'], outcome: ['complete', 'failed'] },
});

/** Reads a list, and counts what came of it. */
export function measuredRead<T>(list: 'account' | 'server', read: () => Soon<T>): Soon<T> {
  const since = performance.now();
  let outcome: 'complete' | 'failed' = 'failed';
  const complete = (found: T): T => {
    outcome = 'complete';
    return found;
  };
  return lastly(
    () => soon(read(), complete),
    () => reads.observe({ list, outcome }, (performance.now() - since) / 1_000),
  );
}

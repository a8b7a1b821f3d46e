import { histogram } from '../../platform/metrics/metrics.js';

const reads = histogram({
  name: 'signpost_list_read_duration_seconds',
  help: 'Lists read from the database because they were not remembered: of an account (for devices) or of a media server. A failed one was answered 503, never with a part of it; `signpost_failures_total` says why.',
  labels: { list: ['account', 'server'], outcome: ['complete', 'failed'] },
});

/** Reads a list, and counts what came of it. */
export async function measuredRead<T>(list: 'account' | 'server', read: () => Promise<T>): Promise<T> {
  const since = performance.now();
  let outcome: 'complete' | 'failed' = 'failed';
  try {
    const found = await read();
    outcome = 'complete';
    return found;
  } finally {
    reads.observe({ list, outcome }, (performance.now() - since) / 1_000);
  }
}

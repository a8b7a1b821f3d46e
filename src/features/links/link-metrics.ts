import { histogram, type Distribution } from '../../platform/metrics/metrics.js';
import { lastly, soon, type Soon } from '../../shared/soon.js';

const reads = histogram({
  name: 'signpost_list_read_duration_seconds',
  help: 'Lists read from the database because they were not remembered: of an account (for devices) or of a media server. A failed one was answered 503, never with a part of it; `signpost_failures_total` says why.',
  labels: { list: ['account', 'server'], outcome: ['complete', 'failed'] },
});

const ofAccounts = { complete: series('account', 'complete'), failed: series('account', 'failed') };
const ofServers = { complete: series('server', 'complete'), failed: series('server', 'failed') };

/** Reads a list, and counts what came of it. */
export function measuredRead<T>(
  list: 'account' | 'server',
  read: () => Soon<T>,
  since = performance.now(),
): Soon<T> {
  const outcomes = list === 'account' ? ofAccounts : ofServers;
  let outcome = outcomes.failed;
  const complete = (found: T): T => {
    outcome = outcomes.complete;
    return found;
  };
  return lastly(
    () => soon(read(), complete),
    () => outcome.observe((performance.now() - since) / 1_000),
  );
}

/** The list of an account that was to be read with something else, which failed. @param since when it was asked for */
export function countUnread(since: number): void {
  ofAccounts.failed.observe((performance.now() - since) / 1_000);
}

function series(list: 'account' | 'server', outcome: 'complete' | 'failed'): Distribution {
  return reads.series({ list, outcome });
}

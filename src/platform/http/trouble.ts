import type { Log } from '../logging/log.js';
import { isTrouble } from './failure.js';
import { countTrouble } from './http-metrics.js';

/** The request that failed, as the log tells of it. */
export interface Failed {
  readonly requestId: string;
  /** As it is declared, never as it was called. */
  readonly route: string;
}

/** Operators hear of what `isTrouble`: by a line of the log, and by the number that an alert looks at. */
export function tellTrouble(log: Log, { requestId, route }: Failed, error: unknown): void {
  if (!isTrouble(error)) return;
  countTrouble(route);
  log.error({ requestId, path: route, error }, 'request failed');
}

import { AsyncLocalStorage } from 'node:async_hooks';

/** Where the work at hand comes from; for records, never for decisions. */
export interface RequestContext {
  readonly requestId: string;
  readonly network: string;
}

const BROKER: RequestContext = { requestId: '', network: '' };
const storage = new AsyncLocalStorage<RequestContext>();

/** Runs a request's work so that `currentRequest()` names it. */
export function withinRequest(context: RequestContext, work: () => void): void {
  storage.run(context, work);
}

/** The request being worked on; empty for the broker's own jobs. */
export function currentRequest(): RequestContext {
  return storage.getStore() ?? BROKER;
}

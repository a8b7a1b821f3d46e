import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { StorageUse } from '../../shared/storage-use.js';
import { RequestNotes } from './request-notes.js';

/** Where the work at hand comes from; for records, never for decisions. */
export interface RequestContext {
  readonly requestId: string;
  readonly network: string;
}

const BROKER: RequestContext = { requestId: '', network: '' };
const storage = new AsyncLocalStorage<RequestContext>();
const use = new StorageUse(storage);

/** Longer than any request is worked on whose caller has gone away (`requestTimeout` and those of the database). */
const ABANDONED_MS = 30_000;

/** Runs a request's work so that `currentRequest()` names it, until it is answered. */
export function withinRequest(context: RequestContext, response: ServerResponse, work: () => void): void {
  const end = use.begin();
  response.once('close', () => {
    if (response.writableFinished) end();
    else setTimeout(end, ABANDONED_MS).unref();
  });
  storage.run(context, work);
}

const early = new RequestNotes<string>();

/**
 * The same for work that is done ahead of the framework; should it fail, the framework tells so under the same id.
 *
 * @param work is given the id of the request
 */
export function aheadOfFramework<T>(
  request: object,
  network: string,
  work: (requestId: string) => Promise<T>,
): Promise<T> {
  const requestId = randomUUID();
  early.set(request, requestId);
  return use.during(() => storage.run({ requestId, network }, work, requestId));
}

/** The id under which work was done ahead of the framework, if any was. */
export function earlyIdOf(request: IncomingMessage): string | undefined {
  return early.of(request);
}

/** The request being worked on; empty for the broker's own jobs. */
export function currentRequest(): RequestContext {
  return storage.getStore() ?? BROKER;
}

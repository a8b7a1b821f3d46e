import type { IncomingMessage } from 'node:http';

/**
 * What failed while a ready answer was looked up. The framework tells of it without looking up once more: a database that
 * does not answer would be waited for twice.
 */
const failures = new WeakMap<IncomingMessage, Error>();

export function noteFailure(request: IncomingMessage, error: Error): void {
  failures.set(request, error);
}

export function failureOf(request: IncomingMessage): Error | undefined {
  return failures.get(request);
}

import { HttpException } from '@nestjs/common';
import { DomainError } from '../../shared/domain-error.js';

/**
 * Why a request failed, as an edge has to present it.
 *
 * - `domain`: said on purpose by a feature
 * - `transport`: the request never reached a feature (no such route, too large, malformed); `status` is 4xx
 * - `trouble`: a bug or an outage; nothing about it may leave the broker
 */
export type Failure =
  | { readonly cause: 'domain'; readonly error: DomainError }
  | { readonly cause: 'transport'; readonly status: number; readonly message: string }
  | { readonly cause: 'trouble' };

/** More requests than the broker can serve: refused unread. */
export const BUSY: Failure = {
  cause: 'domain',
  error: new DomainError('unavailable', 'overloaded', 'The broker is busy. Try again later.', {
    announced: true,
  }),
};

const TRANSPORT_MESSAGES: Readonly<Record<number, string>> = {
  400: 'The request is malformed.',
  404: 'There is nothing here.',
  405: 'This method is not possible here.',
  408: 'The request took too long.',
  413: 'The request body is too large.',
  414: 'The URL is too long.',
  415: 'This kind of request body is not understood.',
};

export function failureOf(error: unknown): Failure {
  const status = statusOf(error);
  if (status !== undefined && status >= 400 && status < 500) {
    return { cause: 'transport', status, message: TRANSPORT_MESSAGES[status] ?? 'The request was refused.' };
  }
  return error instanceof DomainError ? { cause: 'domain', error } : { cause: 'trouble' };
}

/** Whether operators have to hear of it: a bug, or an outage that nobody has told of yet. */
export function isTrouble(error: unknown): boolean {
  if (error instanceof DomainError) return error.kind === 'unavailable' && !error.announced;
  return failureOf(error).cause === 'trouble';
}

/** What Nest and Fastify attach to their own errors. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === 'number' ? status : undefined;
}

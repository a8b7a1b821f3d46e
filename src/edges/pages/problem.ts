import { DomainError, type ErrorKind } from '../../shared/domain-error.js';
import type { Page } from './html.js';

/**
 * How failures of the domain look on a page. 401 promises a `WWW-Authenticate` that a form has not (RFC 9110, 15.5.2),
 * so a wrong password is 403.
 */
export const STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 403,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  gone: 410,
  'rate-limited': 429,
  unavailable: 503,
};

/** What a person can mend in the form and send again; everything else gets a page of its own. */
const MENDABLE: ReadonlySet<ErrorKind> = new Set(['invalid', 'unauthenticated', 'not-found', 'conflict']);

/** Fields that stand behind codes that name none. */
const FIELD: Readonly<Record<string, string>> = { 'wrong-credentials': 'password', 'pin-unknown': 'pin' };

/** What was wrong with a form, to show with it. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  /** Name of the field to look at, if there is one. */
  readonly field: string | null;
}

/** Runs what a form asks for; when the person can mend the form, it is shown again. */
export async function orAgain(
  act: () => Promise<Page>,
  again: (problem: Problem) => Page | Promise<Page>,
): Promise<Page> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof DomainError) || !MENDABLE.has(error.kind)) throw error;
    return again(problemOf(error));
  }
}

/** What a link in a mail leads to, or the one answer for all reasons why it leads nowhere (S-34). */
export function orSpent<T>(found: T | null, code: 'invitation-spent' | 'answer-spent'): T {
  if (found === null) throw new DomainError('gone', code, 'This link does not work (any more).');
  return found;
}

function problemOf({ kind, code, field }: DomainError): Problem {
  return { status: STATUS[kind], code, field: field ?? FIELD[code] ?? null };
}

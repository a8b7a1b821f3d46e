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

/** The same for forms that would lose much of what was typed: they say themselves when to come back. */
export const MENDABLE_LATER: ReadonlySet<ErrorKind> = new Set([...MENDABLE, 'rate-limited']);

/** Refusals that sending the form again, as it is shown then, gets over. */
const MENDABLE_CODES: ReadonlySet<string> = new Set([
  'form-stale',
  'pin-password-first',
  ...['missing', 'wrong', 'expired', 'used', 'too-early'].map((reason) => `robot-check-${reason}`),
]);

/** Fields that stand behind codes that name none. */
const FIELD: Readonly<Record<string, string>> = { 'wrong-credentials': 'password', 'pin-unknown': 'pin' };

/** What was wrong with a form, to show with it. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  /** Name of the field to look at, if there is one. */
  readonly field: string | null;
  /** When sending it again makes sense, if that has to wait. */
  readonly retryAfterSeconds?: number;
}

/** Runs what a form asks for; when the person can mend the form, it is shown again. */
export async function orAgain(
  act: () => Promise<Page>,
  again: (problem: Problem) => Page | Promise<Page>,
  mendable: ReadonlySet<ErrorKind> = MENDABLE,
): Promise<Page> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    if (!mendable.has(error.kind) && !MENDABLE_CODES.has(error.code)) throw error;
    const problem = problemOf(error);
    return withTimeToReturn(await again(problem), problem);
  }
}

/** RFC 9110, 10.2.3: for programs what the page says to people. */
function withTimeToReturn(page: Page, { status, retryAfterSeconds }: Problem): Page {
  if (status !== STATUS['rate-limited'] || retryAfterSeconds === undefined) return page;
  return { ...page, headers: { ...page.headers, 'Retry-After': String(retryAfterSeconds) } };
}

/** Runs what a link of a mail leads to; where it leads nowhere (any more), one page for all reasons (S-34). */
export async function orElseSpent(act: () => Promise<Page>, spent: () => Page): Promise<Page> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof DomainError && error.kind === 'gone') return spent();
    throw error;
  }
}

/** What a link in a mail leads to, or the one answer for all reasons why it leads nowhere (S-34). */
export function orSpent<T>(found: T | null, code: 'invitation-spent' | 'answer-spent'): T {
  if (found === null) throw new DomainError('gone', code, 'This link does not work (any more).');
  return found;
}

function problemOf({ kind, code, field, retryAfterSeconds }: DomainError): Problem {
  const when = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  return { status: STATUS[kind], code, field: field ?? FIELD[code] ?? null, ...when };
}

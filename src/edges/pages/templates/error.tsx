import type { VNode } from 'preact';
import { useMessages, useVisitor } from '../html.js';
import type { Messages } from '../messages.js';
import { Layout } from './layout.js';

export interface ErrorFacts {
  readonly status: number;
  /** Of the DomainError, or what kind of failure it was. */
  readonly code: string;
  readonly retryAfterSeconds?: number;
}

interface Explained {
  readonly heading: string;
  readonly text: string;
}

/** What happened, in plain words, and a way on. */
export function ErrorPage(facts: ErrorFacts): VNode {
  const { errors, letting } = useMessages();
  const isSignedIn = useVisitor().userName !== null;
  const { heading, text } = explained(facts, errors, letting);
  const [href, label] = isSignedIn ? ['/servers', errors.toServers] : ['/', errors.toFront];
  return (
    <Layout heading={heading}>
      <p>{text}</p>
      <p class="actions">
        <a class="button" href={href}>
          {label}
        </a>
      </p>
    </Layout>
  );
}

function explained(facts: ErrorFacts, errors: Messages['errors'], letting: Messages['letting']): Explained {
  return byCode(facts.code, errors, letting) ?? byStatus(facts, errors);
}

function byCode(
  code: string,
  errors: Messages['errors'],
  letting: Messages['letting'],
): Explained | undefined {
  const spent = (more: string): Explained => ({ ...errors.spent, text: `${errors.spent.text} ${more}` });
  const known: Readonly<Record<string, Explained>> = {
    'cross-site': errors.crossSite,
    'form-stale': errors.formStale,
    'authorization-expired': spent(letting.errors.other),
    'sign-up-closed': errors.closed,
    'invitation-spent': spent(errors.invitationSpent),
    'answer-spent': spent(errors.invitationSpent),
  };
  return known[code];
}

function byStatus({ status, retryAfterSeconds }: ErrorFacts, errors: Messages['errors']): Explained {
  const known: Readonly<Record<number, Explained>> = {
    403: errors.forbidden,
    404: errors.notFound,
    409: errors.conflict,
    410: errors.spent,
    413: errors.tooLarge,
    414: errors.tooLarge,
    415: errors.wrongType,
    429: { ...errors.tooMany, text: errors.tooMany.text(retryAfterSeconds) },
  };
  return known[status] ?? (status >= 500 ? errors.trouble : errors.badRequest);
}

import type { VNode } from 'preact';
import { useMessages } from '../html.js';
import { Layout } from './layout.js';

/** Links in mails that ask for one press of a button: programs that look at mails open links, but press nothing. */
type MailLink = 'unlock' | 'newAddress' | 'oldAddress';

const ACTIONS: Readonly<Record<MailLink, string>> = {
  unlock: '/unlock',
  newAddress: '/confirm-address',
  oldAddress: '/revert-address',
};

interface MailLinkProps {
  readonly kind: MailLink;
  readonly token: string;
  /** The account or address that it is about. */
  readonly about: string;
}

export function MailLinkPage({ kind, token, about }: MailLinkProps): VNode {
  const words = useMessages().gettingIn[kind];
  return (
    <Layout heading={words.heading}>
      <p>{words.intro(about)}</p>
      <p class="soft">{words.care}</p>
      <form method="post" action={ACTIONS[kind]}>
        <input type="hidden" name="token" value={token} />
        <button class="button" type="submit">
          {words.submit}
        </button>
      </form>
    </Layout>
  );
}

export function MailLinkDonePage({ kind }: Pick<MailLinkProps, 'kind'>): VNode {
  const { gettingIn } = useMessages();
  const { doneHeading, done } = gettingIn[kind];
  return (
    <Layout heading={doneHeading}>
      <p>{done}</p>
      {kind === 'oldAddress' ? <p>{gettingIn.oldAddress.doneNext}</p> : <ToSignIn />}
    </Layout>
  );
}

export function ToSignIn(): VNode {
  return (
    <p class="actions">
      <a class="button" href="/sign-in">
        {useMessages().gettingIn.toSignIn}
      </a>
    </p>
  );
}

type Spent = MailLink | 'reset' | 'setup';

/** Where to go from a link that leads nowhere. */
const WAYS_ON: Readonly<Record<Spent, string>> = {
  unlock: '/forgot',
  reset: '/forgot',
  newAddress: '/profile',
  oldAddress: '/',
  setup: '/',
};

/** Wrong, used, too old: one page for all reasons (S-34). */
export function SpentPage({ kind }: { kind: Spent }): VNode {
  const { errors, gettingIn } = useMessages();
  const labels: Readonly<Record<string, string>> = { '/forgot': gettingIn.reset.again };
  const href = WAYS_ON[kind];
  return (
    <Layout heading={errors.spent.heading}>
      <p>{`${errors.spent.text} ${gettingIn[kind].spent}`}</p>
      <p class="actions">
        <a class="button" href={href}>
          {labels[href] ?? errors.goOn}
        </a>
      </p>
    </Layout>
  );
}

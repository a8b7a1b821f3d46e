import type { VNode } from 'preact';
import type { WaitingInvitation } from '../../../features/links/index.js';
import { useMessages } from '../html.js';
import type { Problem } from '../problem.js';
import { fingerprintOf } from '../../../shared/fingerprint.js';
import { shown } from '../shown.js';
import { Facts } from './facts.js';
import { Summary } from './field.js';
import { Layout } from './layout.js';

interface InvitationProps {
  readonly token: string;
  readonly invitation: WaitingInvitation;
  readonly problem: Problem | undefined;
}

export function InvitationPage({ token, invitation, problem }: InvitationProps): VNode {
  const { invitation: words } = useMessages();
  const { link, server, serverHost, twin } = invitation;
  return (
    <Layout heading={words.heading} hasProblem={problem !== undefined}>
      <Summary problem={problem} />
      <p>{words.intro(link.requester)}</p>
      <Facts
        facts={[
          { name: words.server, value: server.name },
          { name: words.host, value: serverHost, isExact: true },
          { name: words.fingerprint, value: fingerprintOf(server.systemId), isExact: true },
        ]}
      />
      <p>{words[link.kind]}</p>
      <p class="soft">{words.care}</p>
      {twin ? <Twin /> : null}
      <form method="post" action="/invitations" class="actions">
        <input type="hidden" name="token" value={token} />
        {twin ? (
          <a class="button quiet" href="/invitations">
            {words.compare}
          </a>
        ) : (
          <button class="button" type="submit" name="answer" value="accept">
            {words.accept}
          </button>
        )}
        <button class="button quiet" type="submit" name="answer" value="decline">
          {words.decline}
        </button>
      </form>
    </Layout>
  );
}

/**
 * The server claims to be one that is used already (S-72). Which one is shown to who is signed in: a mail may be read by
 * others. Replacing it takes that too.
 */
function Twin(): VNode {
  const { invitation: words, signedIn } = useMessages();
  return (
    <div class="note care">
      <h2>{signedIn.invitations.twinHeading}</h2>
      <p>{words.twin}</p>
    </div>
  );
}

interface AnsweredProps {
  readonly answer: 'accept' | 'decline';
  readonly serverName: string;
}

export function AnsweredPage({ answer, serverName }: AnsweredProps): VNode {
  const { invitation } = useMessages();
  const name = shown(serverName);
  return answer === 'accept' ? (
    <Layout heading={invitation.acceptedHeading}>
      <p>{invitation.accepted(name)}</p>
      <WayOn />
    </Layout>
  ) : (
    <Layout heading={invitation.declinedHeading}>
      <p>{invitation.declined(name)}</p>
      <WayOn />
    </Layout>
  );
}

/** Who is not signed in is asked to, on the way. */
function WayOn(): VNode {
  const { errors } = useMessages();
  return (
    <p class="actions">
      <a class="button" href="/servers">
        {errors.toServers}
      </a>
    </p>
  );
}

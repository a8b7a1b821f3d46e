import type { VNode } from 'preact';
import type { WaitingInvitation } from '../../../features/links/index.js';
import { useMessages } from '../html.js';
import type { Part } from '../parts.js';
import type { Problem } from '../problem.js';
import { fingerprintOf } from '../../../shared/fingerprint.js';
import { shown } from '../shown.js';
import { Facts, type Fact } from './facts.js';
import { FormToken, Summary } from './field.js';
import { Layout } from './layout.js';
import { Pager } from './pager.js';

interface InvitationsProps {
  readonly part: Part<WaitingInvitation>;
  readonly done: string;
  readonly problem: Problem | undefined;
}

export function OwnInvitationsPage({ part, done, problem }: InvitationsProps): VNode {
  const { invitations: words } = useMessages().signedIn;
  const isEmpty = part.total === 0;
  return (
    <Layout heading={words.heading} section="invitations" done={done} hasProblem={problem !== undefined}>
      <Summary problem={problem} />
      {isEmpty ? <Nothing /> : <p class="soft">{words.care}</p>}
      {isEmpty ? null : (
        <ul class="list">
          {part.items.map((invitation) => (
            <Invitation invitation={invitation} />
          ))}
        </ul>
      )}
      <Pager part={part} path="/invitations" />
    </Layout>
  );
}

function Nothing(): VNode {
  const { invitations: words } = useMessages().signedIn;
  return (
    <>
      <p>{words.empty}</p>
      <p class="soft">{words.emptyNext}</p>
    </>
  );
}

function Invitation({ invitation }: { invitation: WaitingInvitation }): VNode {
  const { invitations: words } = useMessages().signedIn;
  const { link, server, twin } = invitation;
  const name = shown(server.name);
  return (
    <li>
      <h2>
        <bdi>{name}</bdi>
      </h2>
      <p>{words.asks(link.requester)}</p>
      <Facts facts={useRecognising(invitation)} />
      <p>{link.acceptedAt === null ? words[link.kind] : words.again}</p>
      {twin ? (
        <div class="note care">
          <h3>{words.twinHeading}</h3>
          <p>{words.twin(shown(twin.name), twin.serverHost)}</p>
        </div>
      ) : null}
      <Answers invitation={invitation} name={name} />
    </li>
  );
}

/** By what a server can be told from one that only has its name. */
function useRecognising({ link, server, serverHost }: WaitingInvitation): readonly Fact[] {
  const { invitation: names, signedIn } = useMessages();
  return [
    { name: names.host, value: serverHost, isExact: true },
    { name: names.fingerprint, value: fingerprintOf(server.systemId), isExact: true },
    { name: signedIn.invitations.date, value: signedIn.day(link.createdAt) },
  ];
}

/** The same with everything that the page does not say elsewhere. */
export function InvitationFacts({ invitation }: { invitation: WaitingInvitation }): VNode {
  const { invitation: names } = useMessages();
  const { link, server } = invitation;
  return (
    <Facts
      facts={[
        { name: names.server, value: server.name },
        ...useRecognising(invitation),
        ...(link.requester === null ? [] : [{ name: names.requester, value: link.requester }]),
      ]}
    />
  );
}

/** Where the server claims to be one that is used already, yes is a page of its own (S-72). */
function Answers({ invitation, name }: { invitation: WaitingInvitation; name: string }): VNode {
  const { invitation: labels, signedIn } = useMessages();
  const { invitations: words } = signedIn;
  const { link, twin } = invitation;
  const step = (act: string): string => `/invitations/${act}?invitation=${link.id}`;
  return (
    <form method="post" action="/invitations/answer" class="actions">
      <FormToken />
      <input type="hidden" name="invitation" value={link.id} />
      {twin ? (
        <a class="button quiet" href={step('replace')}>
          {words.compare}
        </a>
      ) : (
        <button class="button" name="answer" value="accept" aria-label={words.acceptServer(name)}>
          {labels.accept}
        </button>
      )}
      <button class="button quiet" name="answer" value="decline" aria-label={words.declineServer(name)}>
        {labels.decline}
      </button>
      <a class="button plain" href={step('block')}>
        {words.block}
      </a>
    </form>
  );
}

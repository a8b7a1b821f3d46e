import type { ComponentChildren, VNode } from 'preact';
import type { WaitingInvitation } from '../../../features/links/index.js';
import { useMessages } from '../html.js';
import { shown } from '../shown.js';
import { Facts } from './facts.js';
import { FormToken } from './field.js';
import { Layout } from './layout.js';
import { InvitationFacts } from './own-invitations.js';

interface StepProps {
  readonly invitation: WaitingInvitation;
}

/** Before a server is shut out for good (W9). */
export function BlockPage({ invitation }: StepProps): VNode {
  const { invitations: words } = useMessages().signedIn;
  return (
    <Layout heading={words.blockHeading(shown(invitation.server.name))} section="invitations">
      <p>{words.blockIntro}</p>
      <InvitationFacts invitation={invitation} />
      <Sure invitation={invitation} act="block">
        {words.blockSubmit}
      </Sure>
    </Layout>
  );
}

/** Before a server takes the place of one that is used already: a reinstall or an impostor (S-72). */
export function ReplacePage({ invitation }: StepProps): VNode {
  const { invitation: names, signedIn } = useMessages();
  const { invitations: words } = signedIn;
  const { twin } = invitation;
  return (
    <Layout heading={words.replaceHeading} section="invitations">
      <p>{words.replaceIntro}</p>
      <h2>{words.newEntry}</h2>
      <InvitationFacts invitation={invitation} />
      {twin ? (
        <>
          <h2>{words.oldEntry}</h2>
          <Facts
            facts={[
              { name: names.server, value: twin.name },
              { name: names.host, value: twin.serverHost, isExact: true },
            ]}
          />
        </>
      ) : null}
      <div class="note care">
        <h2>{words.twinHeading}</h2>
        <p>{words.replaceCare}</p>
      </div>
      <Sure invitation={invitation} act="replace">
        {words.replaceSubmit}
      </Sure>
    </Layout>
  );
}

interface SureProps extends StepProps {
  readonly act: 'block' | 'replace';
  readonly children: ComponentChildren;
}

function Sure({ invitation, act, children }: SureProps): VNode {
  const { invitations: words } = useMessages().signedIn;
  return (
    <form method="post" action={`/invitations/${act}`} class="actions">
      <FormToken />
      <input type="hidden" name="invitation" value={invitation.link.id} />
      <button class="button danger" type="submit">
        {children}
      </button>
      <a class="button quiet" href="/invitations">
        {words.back}
      </a>
    </form>
  );
}

import type { VNode } from 'preact';
import type { ServerInSight } from '../../../features/discovery/index.js';
import { useMessages } from '../html.js';
import type { Problem } from '../problem.js';
import { shown } from '../shown.js';
import { Field, FormToken, Summary } from './field.js';
import { Layout } from './layout.js';

interface LeaveProps {
  readonly server: ServerInSight;
  /** What must be sent along; guests type it, because they lose something. */
  readonly word: string;
  readonly problem: Problem | undefined;
}

export function LeavePage({ server, word, problem }: LeaveProps): VNode {
  const { leave: words } = useMessages().signedIn;
  const isGuest = server.kind === 'guest';
  return (
    <Layout heading={words.heading(shown(server.name))} section="servers" hasProblem={problem !== undefined}>
      <Summary problem={problem} />
      <p>{words.intro}</p>
      {isGuest ? <GuestCare /> : <p>{words.linked}</p>}
      <form method="post" action="/servers/leave">
        <FormToken />
        <input type="hidden" name="server" value={server.id} />
        {isGuest ? (
          <Field name="confirmation" autocomplete="off" hint={words.confirmHint(word)} problem={problem} />
        ) : (
          <input type="hidden" name="confirmation" value={word} />
        )}
        <div class="actions">
          <button class="button danger" type="submit">
            {words.submit}
          </button>
          <a class="button quiet" href="/servers">
            {words.keep}
          </a>
        </div>
      </form>
    </Layout>
  );
}

function GuestCare(): VNode {
  const { leave: words } = useMessages().signedIn;
  return (
    <div class="note care">
      <h2>{words.guestHeading}</h2>
      <p>{words.guest}</p>
    </div>
  );
}

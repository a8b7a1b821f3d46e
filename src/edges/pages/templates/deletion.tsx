import type { VNode } from 'preact';
import { useMessages } from '../html.js';
import type { Problem } from '../problem.js';
import { shown } from '../shown.js';
import { Field, FormToken, Summary } from './field.js';
import { Layout } from './layout.js';
import { Owner } from './owner.js';

/** Somebody may be a guest at two hundred, with long names. */
const NAMES_SHOWN = 50;

interface DeletionProps {
  /** Names of the servers at which a guest account goes with this one (S-142). */
  readonly guestAt: readonly string[];
  readonly typed: string;
  readonly problem: Problem | undefined;
}

export function DeletionPage({ guestAt, typed, problem }: DeletionProps): VNode {
  const { deletion: words } = useMessages().signedIn;
  return (
    <Layout heading={words.heading} section="profile" hasProblem={problem !== undefined}>
      <Summary problem={problem} />
      <p>{words.intro}</p>
      <ul>
        {words.points.map((point) => (
          <li>{point}</li>
        ))}
      </ul>
      {guestAt.length === 0 ? null : <Guests at={guestAt} />}
      <p>{words.linked}</p>
      <form method="post" action="/profile/delete">
        <FormToken />
        <Owner />
        <Field
          name="userName"
          autocomplete="off"
          value={typed}
          hint={words.nameHint}
          maxLength={32}
          problem={problem}
        />
        <Field name="currentPassword" type="password" autocomplete="current-password" problem={problem} />
        <div class="actions">
          <button class="button danger" type="submit">
            {words.submit}
          </button>
          <a class="button quiet" href="/profile">
            {words.keep}
          </a>
        </div>
      </form>
    </Layout>
  );
}

function Guests({ at }: { at: readonly string[] }): VNode {
  const { deletion: words, lists } = useMessages().signedIn;
  const rest = at.length - NAMES_SHOWN;
  return (
    <div class="note care">
      <h2>{words.guestHeading}</h2>
      <p>{words.guests}</p>
      <ul>
        {at.slice(0, NAMES_SHOWN).map((name) => (
          <li>
            <bdi>{shown(name)}</bdi>
          </li>
        ))}
        {rest > 0 ? <li>{lists.andMore(rest)}</li> : null}
      </ul>
    </div>
  );
}

export function DeletedPage(): VNode {
  const { signedIn, errors } = useMessages();
  return (
    <Layout heading={signedIn.deletion.doneHeading}>
      <p>{signedIn.deletion.done}</p>
      <p class="actions">
        <a class="button quiet" href="/">
          {errors.toFront}
        </a>
      </p>
    </Layout>
  );
}

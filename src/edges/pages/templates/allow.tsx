import type { VNode } from 'preact';
import type { Asked } from '../../../features/oauth/index.js';
import { useMessages, useVisitor } from '../html.js';
import type { Problem } from '../problem.js';
import { shown } from '../shown.js';
import { Facts } from './facts.js';
import { Field, FormToken, Summary } from './field.js';
import { Layout } from './layout.js';
import { Owner } from './owner.js';
import { Scopes } from './scopes.js';

interface AllowProps {
  readonly path: string;
  readonly asked: Asked;
}

/** Who asks, for what, and where the answer goes; two buttons of which neither is pressed by itself. */
export function AllowPage({ path, asked }: AllowProps): VNode {
  const { letting: words } = useMessages();
  const { userName } = useVisitor();
  const app = shown(asked.appName);
  const intro = asked.isSite ? words.introSite : words.introApp;
  return (
    <Layout heading={words.heading(app)}>
      <p>{intro(app, userName ?? '')}</p>
      <Facts
        facts={[{ name: words.answerGoesTo, value: targetOf(asked, words.thisMachine), isExact: true }]}
      />
      <Scopes scopes={asked.scopes} />
      <div class="note care">
        <h2>{words.careHeading}</h2>
        <p>{words.care}</p>
      </div>
      <form method="post" action={path} class="actions">
        <FormToken />
        <button class="button" type="submit" name="answer" value="allow">
          {words.allow}
        </button>
        <button class="button quiet" type="submit" name="answer" value="deny">
          {words.deny}
        </button>
      </form>
    </Layout>
  );
}

function targetOf({ redirectUri }: Asked, thisMachine: string): string {
  const { protocol, host } = new URL(redirectUri);
  return protocol === 'http:' ? `${thisMachine} (${host})` : host;
}

/** The app or site wants to be sure who sits there now. */
export function ProvePage({ path, asked, problem }: AllowProps & { problem: Problem | undefined }): VNode {
  const { letting: words } = useMessages();
  return (
    <Layout heading={words.proveHeading} hasProblem={problem !== undefined}>
      <Summary problem={problem} />
      <p>{words.prove(shown(asked.appName))}</p>
      <form method="post" action={`${path}/prove`}>
        <FormToken />
        <Owner />
        <Field name="currentPassword" type="password" autocomplete="current-password" problem={problem} />
        <button class="button" type="submit">
          {words.proveSubmit}
        </button>
      </form>
    </Layout>
  );
}

import type { VNode } from 'preact';
import { useMessages } from '../html.js';
import type { Problem } from '../problem.js';
import { Field, FormToken, Summary } from './field.js';
import { Layout } from './layout.js';

interface SignInProps {
  readonly identifier: string;
  /** Where the person was going. */
  readonly next: string;
  readonly stay: boolean;
  readonly problem: Problem | undefined;
}

export function SignInPage({ identifier, next, stay, problem }: SignInProps): VNode {
  const { signIn: words } = useMessages();
  return (
    <Layout heading={words.heading} hasProblem={problem !== undefined}>
      <Summary problem={problem} />
      <form method="post" action="/sign-in">
        <FormToken />
        <input type="hidden" name="next" value={next} />
        <Field name="identifier" autocomplete="username" value={identifier} maxLength={254} />
        <Field name="password" type="password" autocomplete="current-password" problem={problem} />
        <label class="check">
          <input type="checkbox" name="stay" value="yes" checked={stay} />
          {words.stay}
        </label>
        <button class="button" type="submit">
          {words.submit}
        </button>
      </form>
      <p class="soft after">
        <a href="/forgot">{words.forgot}</a>
      </p>
      <p class="soft">
        {words.noAccount} <a href="/sign-up">{words.signUp}</a>
      </p>
    </Layout>
  );
}

import type { VNode } from 'preact';
import type { PasswordRules } from '../../../features/accounts/index.js';
import { useMessages } from '../html.js';
import type { Problem } from '../problem.js';
import { Field, Summary } from './field.js';
import { Layout } from './layout.js';
import { ToSignIn } from './mail-link.js';
import { NewPassword, NewPasswordAgain } from './new-password.js';

interface SetupProps {
  readonly token: string;
  readonly userName: string;
  readonly email: string;
  readonly rules: PasswordRules;
  readonly problem: Problem | undefined;
}

export function SetupPage({ token, userName, email, rules, problem }: SetupProps): VNode {
  const { setup } = useMessages().gettingIn;
  const address = { name: 'email', type: 'email', autocomplete: 'email', maxLength: 254 } as const;
  const name = { name: 'userName', autocomplete: 'username', maxLength: 32 } as const;
  return (
    <Layout heading={setup.heading} hasProblem={problem !== undefined}>
      <p>{setup.intro}</p>
      <Summary problem={problem} />
      <form method="post" action="/setup">
        <input type="hidden" name="token" value={token} />
        <Field {...name} value={userName} hint={setup.userNameHint} problem={problem} />
        <Field {...address} value={email} hint={setup.emailHint} problem={problem} />
        <NewPassword name="password" rules={rules} problem={problem} />
        <NewPasswordAgain problem={problem} />
        <button class="button" type="submit">
          {setup.submit}
        </button>
      </form>
    </Layout>
  );
}

export function SetupDonePage({ userName }: { userName: string }): VNode {
  const { setup } = useMessages().gettingIn;
  return (
    <Layout heading={setup.doneHeading}>
      <p>{setup.done(userName)}</p>
      <ToSignIn />
    </Layout>
  );
}

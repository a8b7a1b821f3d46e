import type { ComponentChildren, VNode } from 'preact';
import type { PasswordRules } from '../../../features/accounts/index.js';
import { useMessages } from '../html.js';
import type { Problem } from '../problem.js';
import { Field, FormToken, Summary } from './field.js';
import { Layout } from './layout.js';
import { NewPassword, NewPasswordAgain } from './new-password.js';
import { Owner } from './owner.js';

interface FormPageProps {
  readonly heading: string;
  readonly intro: string;
  readonly action: string;
  readonly submit: string;
  readonly problem: Problem | undefined;
  /** Beside the password. */
  readonly children?: ComponentChildren;
}

/** An act on the profile that asks for the password (S-09). */
function FormPage({ heading, intro, action, submit, problem, children }: FormPageProps): VNode {
  const { back } = useMessages().signedIn.invitations;
  return (
    <Layout heading={heading} section="profile" hasProblem={problem !== undefined}>
      <Summary problem={problem} />
      <p>{intro}</p>
      <form method="post" action={action}>
        <FormToken />
        <Owner />
        <Field name="currentPassword" type="password" autocomplete="current-password" problem={problem} />
        {children}
        <div class="actions">
          <button class="button" type="submit">
            {submit}
          </button>
          <a class="button quiet" href="/profile">
            {back}
          </a>
        </div>
      </form>
    </Layout>
  );
}

interface EmailProps {
  /** The address now. */
  readonly current: string;
  readonly typed: string;
  readonly problem: Problem | undefined;
}

export function EmailPage({ current, typed, problem }: EmailProps): VNode {
  const { emailChange: words, fields } = useMessages().signedIn;
  const common = { name: 'email', type: 'email', autocomplete: 'email', maxLength: 254 } as const;
  return (
    <FormPage {...words} intro={words.intro(current)} action="/profile/email" problem={problem}>
      <Field {...common} label={fields.newEmail} value={typed} hint={words.next} problem={problem} />
    </FormPage>
  );
}

interface PasswordProps {
  readonly rules: PasswordRules;
  readonly problem: Problem | undefined;
}

export function PasswordPage({ rules, problem }: PasswordProps): VNode {
  const { passwordChange: words } = useMessages().signedIn;
  return (
    <FormPage {...words} action="/profile/password" problem={problem}>
      <NewPassword name="newPassword" rules={rules} problem={problem} />
      <NewPasswordAgain problem={problem} />
    </FormPage>
  );
}

export function ExportPage({ problem }: { problem: Problem | undefined }): VNode {
  return <FormPage {...useMessages().signedIn.export} action="/profile/export" problem={problem} />;
}

import type { VNode } from 'preact';
import { useMessages } from '../html.js';
import type { Problem } from '../problem.js';
import { Field, Summary } from './field.js';
import { Layout } from './layout.js';
import { ToSignIn } from './mail-link.js';

interface ConfirmProps {
  readonly token: string;
  readonly userName: string;
  readonly problem: Problem | undefined;
}

export function ConfirmPage({ token, userName, problem }: ConfirmProps): VNode {
  const { confirm } = useMessages();
  const isWrong = problem?.code === 'wrong-credentials';
  const problemText = isWrong ? confirm.wrongPassword : undefined;
  return (
    <Layout heading={confirm.heading} hasProblem={problem !== undefined}>
      <p>{confirm.intro}</p>
      <Summary problem={problem} problemText={problemText} />
      <form method="post" action="/confirm">
        <input type="hidden" name="token" value={token} />
        <Field name="userName" autocomplete="username" value={userName} readonly />
        <Field
          name="password"
          type="password"
          autocomplete="current-password"
          problem={problem}
          problemText={problemText}
        />
        <button class="button" type="submit">
          {confirm.submit}
        </button>
        <p class="soft after">{confirm.notYours}</p>
      </form>
    </Layout>
  );
}

export function ConfirmedPage({ userName }: { userName: string }): VNode {
  const { confirm } = useMessages();
  return (
    <Layout heading={confirm.doneHeading}>
      <p>{confirm.done(userName)}</p>
      <p>{confirm.doneNext}</p>
      <ToSignIn />
    </Layout>
  );
}

interface ConfirmSpentProps {
  readonly email: string;
  readonly problem: Problem | undefined;
}

/** One page for all reasons why the link does not work (S-34), with two ways on. */
export function ConfirmSpentPage({ email, problem }: ConfirmSpentProps): VNode {
  const { errors, gettingIn } = useMessages();
  const address = { name: 'email', type: 'email', autocomplete: 'email', maxLength: 254 } as const;
  return (
    <Layout heading={errors.spent.heading} hasProblem={problem !== undefined}>
      <p>{errors.spent.text}</p>
      <p>{gettingIn.resend.text}</p>
      <Summary problem={problem} />
      <form method="post" action="/confirm/resend">
        <Field {...address} value={email} problem={problem} />
        <button class="button" type="submit">
          {gettingIn.resend.submit}
        </button>
      </form>
      <p class="soft after">
        {errors.confirmSpent} <a href="/sign-up">{errors.signUpAgain}</a>
      </p>
    </Layout>
  );
}

/** The same for every address. */
export function ResentPage(): VNode {
  const { resend } = useMessages().gettingIn;
  return (
    <Layout heading={resend.sentHeading}>
      <p>{resend.sent}</p>
      <p class="soft">{resend.sentMissing}</p>
    </Layout>
  );
}

import type { VNode } from 'preact';
import type { PasswordRules } from '../../../features/accounts/index.js';
import type { RobotChallenge } from '../../../platform/anti-robot/anti-robot.service.js';
import { useMessages } from '../html.js';
import type { Problem } from '../problem.js';
import { Field, Summary } from './field.js';
import { Layout } from './layout.js';
import { ToSignIn } from './mail-link.js';
import { NewPassword, NewPasswordAgain } from './new-password.js';
import { robotForm, RobotCheck } from './robot-check.js';

interface ForgotProps {
  readonly identifier: string;
  readonly robot: RobotChallenge | null;
  readonly problem: Problem | undefined;
}

export function ForgotPage({ identifier, robot, problem }: ForgotProps): VNode {
  const { forgot } = useMessages().gettingIn;
  return (
    <Layout heading={forgot.heading} hasProblem={problem !== undefined}>
      <p>{forgot.intro}</p>
      <Summary problem={problem} />
      <form method="post" action="/forgot" {...robotForm(robot)}>
        <Field name="identifier" autocomplete="username" value={identifier} maxLength={254} />
        <RobotCheck robot={robot} />
        <button class="button" type="submit">
          {forgot.submit}
        </button>
      </form>
      <p class="soft after">
        <a href="/sign-in">{forgot.remembered}</a>
      </p>
    </Layout>
  );
}

/** The same whatever was typed: not even that is repeated (S-32). */
export function ForgotSentPage(): VNode {
  const { forgot } = useMessages().gettingIn;
  return (
    <Layout heading={forgot.sentHeading}>
      <p>{forgot.sent}</p>
      <p class="soft">{forgot.sentMissing}</p>
    </Layout>
  );
}

interface ResetProps {
  readonly token: string;
  readonly userName: string;
  readonly rules: PasswordRules;
  readonly problem: Problem | undefined;
}

export function ResetPage({ token, userName, rules, problem }: ResetProps): VNode {
  const { reset } = useMessages().gettingIn;
  return (
    <Layout heading={reset.heading} hasProblem={problem !== undefined}>
      <p>{reset.intro}</p>
      <Summary problem={problem} />
      <form method="post" action="/reset">
        <input type="hidden" name="token" value={token} />
        <Field name="userName" autocomplete="username" value={userName} readonly />
        <NewPassword name="newPassword" rules={rules} problem={problem} />
        <NewPasswordAgain problem={problem} />
        <button class="button" type="submit">
          {reset.submit}
        </button>
      </form>
    </Layout>
  );
}

export function ResetDonePage(): VNode {
  const { reset } = useMessages().gettingIn;
  return (
    <Layout heading={reset.doneHeading}>
      <p>{reset.done}</p>
      <ToSignIn />
    </Layout>
  );
}

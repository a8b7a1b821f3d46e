import type { VNode } from 'preact';
import type { PasswordRules } from '../../../features/accounts/index.js';
import type { SignUpInvitation } from '../../../features/links/index.js';
import type { RobotChallenge } from '../../../platform/anti-robot/anti-robot.service.js';
import { useMessages } from '../html.js';
import type { Problem } from '../problem.js';
import { shown } from '../shown.js';
import { Field, Summary } from './field.js';
import { Layout } from './layout.js';
import { ToSignIn } from './mail-link.js';
import { NewPassword } from './new-password.js';
import { robotForm, RobotCheck } from './robot-check.js';

/** What the person has typed so far; passwords are never sent back. */
export interface TypedSignUp {
  readonly userName: string;
  readonly email: string;
  /** Token of an invitation, or ''. */
  readonly invitation: string;
}

interface SignUpProps {
  readonly typed: TypedSignUp;
  readonly invitation: SignUpInvitation | null;
  readonly rules: PasswordRules;
  readonly robot: RobotChallenge | null;
  readonly problem: Problem | undefined;
}

export function SignUpPage({ typed, invitation, rules, robot, problem }: SignUpProps): VNode {
  const { signUp } = useMessages();
  return (
    <Layout heading={signUp.heading} hasProblem={problem !== undefined}>
      <p>{invitation ? signUp.invited(shown(invitation.serverName), invitation.requester) : signUp.intro}</p>
      <Summary problem={problem} />
      <form method="post" action="/sign-up" {...robotForm(robot)}>
        <Field
          name="userName"
          autocomplete="username"
          value={typed.userName}
          hint={signUp.userNameHint}
          maxLength={32}
          problem={problem}
        />
        <Address typed={typed} invitation={invitation} problem={problem} />
        <NewPassword name="password" rules={rules} problem={problem} />
        <RobotCheck robot={robot} />
        <button class="button" type="submit">
          {signUp.submit}
        </button>
      </form>
    </Layout>
  );
}

/** An invitation is bound to the address it was mailed to (S-94): shown, not asked. */
function Address({
  typed,
  invitation,
  problem,
}: Pick<SignUpProps, 'typed' | 'invitation' | 'problem'>): VNode {
  const { signUp } = useMessages();
  if (!invitation) {
    const hint = signUp.emailHint;
    const common = { name: 'email', type: 'email', autocomplete: 'email' } as const;
    return <Field {...common} value={typed.email} hint={hint} maxLength={254} problem={problem} />;
  }
  return (
    <>
      <input type="hidden" name="invitation" value={typed.invitation} />
      <Field
        name="email"
        autocomplete="email"
        value={invitation.email}
        hint={signUp.invitedEmailHint}
        readonly
      />
    </>
  );
}

/** The same whether the address is fresh or in use (S-31). */
export function LookInMailPage({ email }: { email: string }): VNode {
  const { signUp } = useMessages();
  return (
    <Layout heading={signUp.sentHeading}>
      <p>{signUp.sent(email)}</p>
      <p>{signUp.sentNext}</p>
      <p class="soft">{signUp.sentMissing}</p>
      <form method="post" action="/confirm/resend">
        <input type="hidden" name="email" value={email} />
        <button class="button quiet" type="submit">
          {signUp.sendAgain}
        </button>
      </form>
    </Layout>
  );
}

export function ReadyPage({ userName }: { userName: string }): VNode {
  const { signUp } = useMessages();
  return (
    <Layout heading={signUp.readyHeading}>
      <p>{signUp.ready}</p>
      <p>{signUp.readyNext(userName)}</p>
      <ToSignIn />
    </Layout>
  );
}

export function ClosedPage({ mode }: { mode: 'invite' | 'closed' }): VNode {
  const { signUp, errors } = useMessages();
  return (
    <Layout heading={signUp.closedHeading}>
      <p>{signUp.closed[mode]}</p>
      <p class="actions">
        <a class="button" href="/">
          {errors.toFront}
        </a>
      </p>
    </Layout>
  );
}

import { Config } from '../../config/index.js';
import { PasswordPolicy, SignUpService } from '../../features/accounts/index.js';
import { InvitationsService, type SignUpInvitation } from '../../features/links/index.js';
import type { RobotChallenge } from '../../platform/anti-robot/anti-robot.service.js';
import { Priority } from '../../platform/http/overload/priority.js';
import type { Form } from './form.js';
import { GuardedForm, ROBOT_FIELDS } from './guarded-form.js';
import { page, type Page } from './html.js';
import { Fields, Network, PageController, Query, Show, Submit } from './page.decorators.js';
import { orSpent, type Problem } from './problem.js';
import { ClosedPage, LookInMailPage, ReadyPage, SignUpPage, type TypedSignUp } from './templates/sign-up.js';

interface Asked {
  readonly typed: TypedSignUp;
  readonly robot: RobotChallenge | null;
}

/** Opening an account, with or without an invitation (S-31, S-94). */
@PageController()
export class SignUpController {
  constructor(
    private readonly signUps: SignUpService,
    private readonly invitations: InvitationsService,
    private readonly guarded: GuardedForm,
    private readonly policy: PasswordPolicy,
    private readonly config: Config,
  ) {}

  @Priority('registration')
  @Show('sign-up')
  show(@Query(['invitation', 'userName', 'email']) query: Form): Promise<Page> {
    const typed = typedIn(query);
    return this.guarded.show((robot) => this.#ask({ typed, robot }));
  }

  @Priority('registration')
  @Submit('sign-up')
  signUp(
    @Fields(['userName', 'email', 'password', 'invitation', ...ROBOT_FIELDS]) form: Form,
    @Network() network: string,
  ): Promise<Page> {
    const typed = typedIn(form);
    const given = { ...typed, password: form.text('password'), network };
    return this.guarded.submit(
      form,
      async () => {
        if (typed.invitation === '') {
          await this.signUps.signUp(given);
          return page(LookInMailPage, { email: typed.email });
        }
        await this.invitations.signUp(typed.invitation, given);
        return page(ReadyPage, { userName: typed.userName });
      },
      (robot, problem) => this.#ask({ typed, robot }, problem),
    );
  }

  async #ask({ typed, robot }: Asked, problem?: Problem): Promise<Page> {
    const isInvited = typed.invitation !== '';
    const { signUp: mode } = this.config;
    // The form would only be refused afterwards.
    if (mode === 'closed' || (mode === 'invite' && !isInvited)) return page(ClosedPage, { mode }, 403);
    const invitation = isInvited ? await this.#invitation(typed.invitation) : null;
    const props = { typed, invitation, rules: this.policy.rules, robot, problem };
    return page(SignUpPage, props, problem?.status);
  }

  async #invitation(token: string): Promise<SignUpInvitation> {
    return orSpent(await this.invitations.find(token), 'invitation-spent');
  }
}

function typedIn(form: Form): TypedSignUp {
  return { userName: form.line('userName'), email: form.line('email'), invitation: form.text('invitation') };
}

import { Config } from '../../config/index.js';
import { SignUpService } from '../../features/accounts/index.js';
import { InvitationsService, type SignUpInvitation } from '../../features/links/index.js';
import type { Form } from './form.js';
import { page, type Page } from './html.js';
import { Fields, Network, PageController, Query, Show, Submit } from './page.decorators.js';
import { orAgain, orSpent, type Problem } from './problem.js';
import { ClosedPage, LookInMailPage, ReadyPage, SignUpPage, type TypedSignUp } from './templates/sign-up.js';

/** Opening an account, with or without an invitation (S-31, S-94). */
@PageController()
export class SignUpController {
  constructor(
    private readonly signUps: SignUpService,
    private readonly invitations: InvitationsService,
    private readonly config: Config,
  ) {}

  @Show('sign-up')
  show(@Query(['invitation', 'userName', 'email']) query: Form): Promise<Page> {
    return this.#ask(typedIn(query));
  }

  @Submit('sign-up')
  signUp(
    @Fields(['userName', 'email', 'password', 'invitation']) form: Form,
    @Network() network: string,
  ): Promise<Page> {
    const typed = typedIn(form);
    const given = { ...typed, password: form.text('password'), network };
    return orAgain(
      async () => {
        if (typed.invitation === '') {
          await this.signUps.signUp(given);
          return page(LookInMailPage, { email: typed.email });
        }
        await this.invitations.signUp(typed.invitation, given);
        return page(ReadyPage, { userName: typed.userName });
      },
      (problem) => this.#ask(typed, problem),
    );
  }

  async #ask(typed: TypedSignUp, problem?: Problem): Promise<Page> {
    const isInvited = typed.invitation !== '';
    const { signUp: mode, passwordMinLength } = this.config;
    // The form would only be refused afterwards.
    if (mode === 'closed' || (mode === 'invite' && !isInvited)) return page(ClosedPage, { mode }, 403);
    const invitation = isInvited ? await this.#invitation(typed.invitation) : null;
    return page(SignUpPage, { typed, invitation, passwordMinLength, problem }, problem?.status);
  }

  async #invitation(token: string): Promise<SignUpInvitation> {
    return orSpent(await this.invitations.find(token), 'invitation-spent');
  }
}

function typedIn(form: Form): TypedSignUp {
  return { userName: form.text('userName'), email: form.text('email'), invitation: form.text('invitation') };
}

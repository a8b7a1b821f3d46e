import { PasswordPolicy, RecoveryService, typedTwice } from '../../features/accounts/index.js';
import type { Form } from './form.js';
import { page, type Page } from './html.js';
import { Fields, PageController, Query, Show, Submit } from './page.decorators.js';
import { orAgain, orElseSpent, type Problem } from './problem.js';
import { ResetDonePage, ResetPage } from './templates/forgot.js';
import { SpentPage } from './templates/mail-link.js';

/** Setting a new password by the link in a mail; looking at it does not use it up, nobody is signed in by it (S-36). */
@PageController()
export class ResetController {
  constructor(
    private readonly recovery: RecoveryService,
    private readonly policy: PasswordPolicy,
  ) {}

  @Show('reset')
  show(@Query(['token']) query: Form): Promise<Page> {
    return orElseSpent(() => this.#ask(query.text('token')), spent);
  }

  @Submit('reset')
  submit(@Fields(['token', 'newPassword', 'newPasswordAgain']) form: Form): Promise<Page> {
    const token = form.text('token');
    const set = async (): Promise<Page> => {
      const password = typedTwice(form.text('newPassword'), form.text('newPasswordAgain'));
      await this.recovery.reset(token, password);
      return page(ResetDonePage, {});
    };
    return orElseSpent(() => orAgain(set, (problem) => this.#ask(token, problem)), spent);
  }

  async #ask(token: string, problem?: Problem): Promise<Page> {
    const userName = await this.recovery.userNameOf(token);
    return page(ResetPage, { token, userName, rules: this.policy.rules, problem }, problem?.status);
  }
}

const spent = (): Page => page(SpentPage, { kind: 'reset' }, 410);

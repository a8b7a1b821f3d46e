import { VerificationService } from '../../features/accounts/index.js';
import type { Form } from './form.js';
import { page, type Page } from './html.js';
import { Fields, Network, PageController, Query, Show, Submit } from './page.decorators.js';
import { orAgain, type Problem } from './problem.js';
import { ConfirmedPage, ConfirmPage } from './templates/confirm.js';

/** What the mail after a sign-up leads to (S-37, S-38). */
@PageController()
export class ConfirmController {
  constructor(private readonly verification: VerificationService) {}

  @Show('confirm')
  show(@Query(['token']) query: Form): Promise<Page> {
    return this.#ask(query.text('token'));
  }

  @Submit('confirm')
  confirm(@Fields(['token', 'password']) form: Form, @Network() network: string): Promise<Page> {
    const token = form.text('token');
    return orAgain(
      async () => {
        const { userName } = await this.verification.confirm(token, form.text('password'), network);
        return page(ConfirmedPage, { userName });
      },
      (problem) => this.#ask(token, problem),
    );
  }

  async #ask(token: string, problem?: Problem): Promise<Page> {
    const { userName } = await this.verification.getByToken(token);
    return page(ConfirmPage, { token, userName, problem }, problem?.status);
  }
}

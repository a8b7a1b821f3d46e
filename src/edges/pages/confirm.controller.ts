import { VerificationService } from '../../features/accounts/index.js';
import type { Form } from './form.js';
import { page, type Page } from './html.js';
import { Fields, Network, PageController, Query, Show, Submit } from './page.decorators.js';
import { MENDABLE_LATER, orAgain, orElseSpent, type Problem } from './problem.js';
import { ConfirmedPage, ConfirmPage, ConfirmSpentPage, ResentPage } from './templates/confirm.js';

/** What the mail after a sign-up leads to (S-37, S-38). */
@PageController()
export class ConfirmController {
  constructor(private readonly verification: VerificationService) {}

  @Show('confirm')
  show(@Query(['token']) query: Form): Promise<Page> {
    return orElseSpent(() => this.#ask(query.text('token')), spent);
  }

  @Submit('confirm')
  confirm(@Fields(['token', 'password']) form: Form, @Network() network: string): Promise<Page> {
    const token = form.text('token');
    const confirm = async (): Promise<Page> => {
      const { userName } = await this.verification.confirm(token, form.text('password'), network);
      return page(ConfirmedPage, { userName });
    };
    const again = (problem: Problem): Promise<Page> => this.#ask(token, problem);
    return orElseSpent(() => orAgain(confirm, again, MENDABLE_LATER), spent);
  }

  /** The same answer for every address, so that it tells nobody who has signed up (S-32). */
  @Submit('confirm/resend')
  resend(@Fields(['email']) form: Form, @Network() network: string): Promise<Page> {
    const email = form.line('email');
    return orAgain(
      async () => {
        await this.verification.resend(email, network);
        return page(ResentPage, {}, 202);
      },
      (problem) => page(ConfirmSpentPage, { email, problem }, problem.status),
      MENDABLE_LATER,
    );
  }

  async #ask(token: string, problem?: Problem): Promise<Page> {
    const { userName } = await this.verification.getByToken(token);
    return page(ConfirmPage, { token, userName, problem }, problem?.status);
  }
}

const spent = (): Page => page(ConfirmSpentPage, { email: '', problem: undefined }, 410);

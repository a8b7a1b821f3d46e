import { PasswordPolicy, SetupService, typedTwice } from '../../features/accounts/index.js';
import type { Form } from './form.js';
import { page, type Page } from './html.js';
import { Fields, Network, PageController, Query, Show, Submit } from './page.decorators.js';
import { MENDABLE_LATER, orAgain, orElseSpent, type Problem } from './problem.js';
import { SpentPage } from './templates/mail-link.js';
import { SetupDonePage, SetupPage } from './templates/setup.js';

/** The first start of a broker: the link on its console makes the operator's account, once (S-08). */
@PageController()
export class SetupController {
  constructor(
    private readonly setup: SetupService,
    private readonly policy: PasswordPolicy,
  ) {}

  @Show('setup')
  show(@Query(['token']) query: Form): Promise<Page> {
    return orElseSpent(() => this.#ask(query), spent);
  }

  @Submit('setup')
  submit(
    @Fields(['token', 'userName', 'email', 'password', 'newPasswordAgain']) form: Form,
    @Network() network: string,
  ): Promise<Page> {
    const [userName, email] = [form.line('userName'), form.line('email')];
    const create = async (): Promise<Page> => {
      const password = typedTwice(form.text('password'), form.text('newPasswordAgain'));
      await this.setup.createOperator(form.text('token'), { userName, email, password, network });
      return page(SetupDonePage, { userName });
    };
    const again = (problem: Problem): Promise<Page> => this.#ask(form, problem);
    return orElseSpent(() => orAgain(create, again, MENDABLE_LATER), spent);
  }

  async #ask(typed: Form, problem?: Problem): Promise<Page> {
    const token = typed.text('token');
    await this.setup.check(token);
    const [userName, email] = [typed.line('userName'), typed.line('email')];
    const props = { token, userName, email, rules: this.policy.rules, problem };
    return page(SetupPage, props, problem?.status);
  }
}

const spent = (): Page => page(SpentPage, { kind: 'setup' }, 410);

import {
  AddressChangeService,
  PasswordChange,
  PasswordPolicy,
  typedTwice,
  type SignInOrigin,
} from '../../features/accounts/index.js';
import type { SignedInBrowser } from '../../features/sessions/index.js';
import type { Form } from './form.js';
import { page, seeOther, type Page } from './html.js';
import { Browser, Fields, Origin, PageController, ShowSignedIn, SubmitSignedIn } from './page.decorators.js';
import { orAgain, type Problem } from './problem.js';
import { ofCurrentPassword, SessionRenewal } from './session-renewal.js';
import { EmailPage, PasswordPage } from './templates/profile-forms.js';

/** Changing what a person signs in with (S-09, S-13, S-39). */
@PageController()
export class CredentialsController {
  constructor(
    private readonly addressChange: AddressChangeService,
    private readonly passwordChange: PasswordChange,
    private readonly policy: PasswordPolicy,
    private readonly renewal: SessionRenewal,
  ) {}

  @ShowSignedIn('profile/email')
  showEmail(@Browser() browser: SignedInBrowser): Page {
    return this.#askEmail(browser, '');
  }

  /** The same answer whether or not somebody has the new address (S-39). */
  @SubmitSignedIn('profile/email')
  changeEmail(
    @Browser() browser: SignedInBrowser,
    @Fields(['currentPassword', 'email']) form: Form,
    @Origin() origin: SignInOrigin,
  ): Promise<Page> {
    return orAgain(
      async () => {
        await this.renewal.prove(browser, form.text('currentPassword'), origin);
        await this.addressChange.ask(browser.account.id, form.text('email'));
        return seeOther('/profile?done=address-asked', await this.renewal.renew(browser, origin));
      },
      (problem) => this.#askEmail(browser, form.text('email'), ofCurrentPassword(problem)),
    );
  }

  @ShowSignedIn('profile/password')
  showPassword(): Page {
    return this.#askPassword();
  }

  @SubmitSignedIn('profile/password')
  changePassword(
    @Browser() browser: SignedInBrowser,
    @Fields(['currentPassword', 'newPassword', 'newPasswordAgain']) form: Form,
    @Origin() origin: SignInOrigin,
  ): Promise<Page> {
    const { account } = browser;
    return orAgain(
      async () => {
        const wanted = typedTwice(form.text('newPassword'), form.text('newPasswordAgain'));
        await this.passwordChange.change(account.id, form.text('currentPassword'), wanted, origin);
        return seeOther('/profile?done=password-changed', await this.renewal.renew(browser, origin));
      },
      (problem) => this.#askPassword(ofCurrentPassword(problem)),
    );
  }

  #askEmail({ account }: SignedInBrowser, typed: string, problem?: Problem): Page {
    return page(EmailPage, { current: account.email, typed, problem }, problem?.status);
  }

  #askPassword(problem?: Problem): Page {
    return page(PasswordPage, { rules: this.policy.rules, problem }, problem?.status);
  }
}

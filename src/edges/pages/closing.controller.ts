import { Config } from '../../config/index.js';
import { AccountClosingService, type SignInOrigin } from '../../features/accounts/index.js';
import { DiscoveryService } from '../../features/discovery/index.js';
import { ExportService } from '../../features/export/index.js';
import type { SignedInBrowser } from '../../features/sessions/index.js';
import { DomainError } from '../../shared/domain-error.js';
import { signedOutHeaders } from './cookies.js';
import type { Form } from './form.js';
import { download, page, seeOther, type Page } from './html.js';
import {
  Browser,
  Fields,
  Network,
  Origin,
  PageController,
  Show,
  ShowSignedIn,
  SubmitSignedIn,
} from './page.decorators.js';
import { orAgain, type Problem } from './problem.js';
import { ofCurrentPassword, SessionRenewal } from './session-renewal.js';
import { DeletedPage, DeletionPage } from './templates/deletion.js';
import { ExportPage } from './templates/profile-forms.js';

/** Taking one's data along (S-141), and going (S-142). */
@PageController()
export class ClosingController {
  constructor(
    private readonly closing: AccountClosingService,
    private readonly exports: ExportService,
    private readonly discovery: DiscoveryService,
    private readonly renewal: SessionRenewal,
    private readonly config: Config,
  ) {}

  @ShowSignedIn('profile/export')
  showExport(): Page {
    return page(ExportPage, { problem: undefined });
  }

  @SubmitSignedIn('profile/export')
  export(
    @Browser() browser: SignedInBrowser,
    @Fields(['currentPassword']) form: Form,
    @Origin() origin: SignInOrigin,
  ): Promise<Page> {
    return orAgain(
      async () => {
        await this.renewal.prove(browser, form.text('currentPassword'), origin);
        const exported = await this.exports.of(browser.account);
        return download('signpost-account.json', exported, await this.renewal.renew(browser, origin));
      },
      (problem) => page(ExportPage, { problem: ofCurrentPassword(problem) }, problem.status),
    );
  }

  @ShowSignedIn('profile/delete')
  showDeletion(@Browser() browser: SignedInBrowser, @Network() network: string): Promise<Page> {
    return this.#ask(browser, network, '');
  }

  @SubmitSignedIn('profile/delete')
  delete(
    @Browser() browser: SignedInBrowser,
    @Fields(['userName', 'currentPassword']) form: Form,
    @Origin() origin: SignInOrigin,
  ): Promise<Page> {
    const { account } = browser;
    return orAgain(
      async () => {
        requireName(form, account.userName);
        await this.closing.close(account.id, form.text('currentPassword'), origin);
        return seeOther('/goodbye', signedOutHeaders(this.config));
      },
      (problem) => this.#ask(browser, origin.network, form.text('userName'), ofCurrentPassword(problem)),
    );
  }

  @Show('goodbye')
  showGoodbye(): Page {
    return page(DeletedPage, {});
  }

  async #ask({ account }: SignedInBrowser, network: string, typed: string, problem?: Problem): Promise<Page> {
    const servers = await this.discovery.inSightOf(account.id, network);
    const guestAt = servers.filter(({ kind }) => kind === 'guest').map(({ name }) => name);
    return page(DeletionPage, { guestAt, typed, problem }, problem?.status);
  }
}

/** Typed, so that it does not happen by a slip (S-142). Names are unique whatever the case of their letters. */
function requireName(form: Form, userName: string): void {
  if (form.text('userName').trim().toLowerCase() === userName.toLowerCase()) return;
  throw new DomainError('invalid', 'user-name-differs', 'This is not your user name.', { field: 'userName' });
}

import { SignInLimits } from '../../features/accounts/index.js';
import type { Form } from './form.js';
import { page, type Page } from './html.js';
import { Fields, PageController, Query, Show, Submit } from './page.decorators.js';
import { orElseSpent } from './problem.js';
import { MailLinkDonePage, MailLinkPage, SpentPage } from './templates/mail-link.js';

/** The owner opens sign-in from new places again, after somebody guessed for long (S-22). */
@PageController()
export class UnlockController {
  constructor(private readonly limits: SignInLimits) {}

  @Show('unlock')
  show(@Query(['token']) query: Form): Promise<Page> {
    const token = query.text('token');
    return orElseSpent(async () => {
      const about = await this.limits.userNameToUnlock(token);
      return page(MailLinkPage, { kind: 'unlock', token, about });
    }, spent);
  }

  @Submit('unlock')
  submit(@Fields(['token']) form: Form): Promise<Page> {
    return orElseSpent(async () => {
      await this.limits.unlock(form.text('token'));
      return page(MailLinkDonePage, { kind: 'unlock' });
    }, spent);
  }
}

const spent = (): Page => page(SpentPage, { kind: 'unlock' }, 410);

import { AccountsService } from '../../features/accounts/index.js';
import { AuditTrail } from '../../features/audit/index.js';
import type { SignedInBrowser } from '../../features/sessions/index.js';
import type { Form } from './form.js';
import { page, seeOther, type Page } from './html.js';
import {
  Browser,
  Fields,
  Network,
  PageController,
  Query,
  ShowSignedIn,
  SubmitSignedIn,
} from './page.decorators.js';
import { ActivityPage } from './templates/activity.js';
import { ProfilePage } from './templates/profile.js';

const EVENTS_SHOWN = 50;

/** What a person is here, and what happened. `credentials.controller.ts` changes what needs the password. */
@PageController()
export class ProfileController {
  constructor(
    private readonly accounts: AccountsService,
    private readonly audit: AuditTrail,
  ) {}

  @ShowSignedIn('profile')
  async show(@Browser() { account }: SignedInBrowser, @Query(['done']) query: Form): Promise<Page> {
    const findable = await this.accounts.getFindable(account.id);
    return page(ProfilePage, { account, findable, done: query.text('done') });
  }

  @SubmitSignedIn('profile/findable')
  async setFindable(
    @Browser() { account }: SignedInBrowser,
    @Fields(['findableByName', 'findableByEmail']) form: Form,
  ): Promise<Page> {
    const isOn = (name: string): boolean => form.text(name) !== '';
    await this.accounts.setFindable(account.id, {
      findableByName: isOn('findableByName'),
      findableByEmail: isOn('findableByEmail'),
    });
    return seeOther('/profile?done=findable-changed');
  }

  @ShowSignedIn('profile/activity')
  async showActivity(@Browser() { account }: SignedInBrowser, @Network() network: string): Promise<Page> {
    const events = await this.audit.ofAccount(account.id, EVENTS_SHOWN);
    const lookups = await this.audit.lookupsOf(account.id);
    return page(ActivityPage, { events, lookups, network });
  }
}

import { AddressChangeService } from '../../features/accounts/index.js';
import { Priority } from '../../platform/http/overload/priority.js';
import type { Form } from './form.js';
import { page, type Page } from './html.js';
import { Fields, PageController, Query, Show, Submit } from './page.decorators.js';
import { orElseSpent } from './problem.js';
import { MailLinkDonePage, MailLinkPage, SpentPage } from './templates/mail-link.js';

/** The two mails about a change of address: the new one confirms, the old one can take it back (S-39). */
@PageController()
export class AddressController {
  constructor(private readonly addresses: AddressChangeService) {}

  @Show('confirm-address')
  showNew(@Query(['token']) query: Form): Promise<Page> {
    const token = query.text('token');
    return orElseSpent(async () => {
      const about = await this.addresses.newAddressOf(token);
      return page(MailLinkPage, { kind: 'newAddress', token, about });
    }, newSpent);
  }

  @Submit('confirm-address')
  confirm(@Fields(['token']) form: Form): Promise<Page> {
    return orElseSpent(async () => {
      await this.addresses.confirm(form.text('token'));
      return page(MailLinkDonePage, { kind: 'newAddress' });
    }, newSpent);
  }

  @Show('revert-address')
  showOld(@Query(['token']) query: Form): Promise<Page> {
    const token = query.text('token');
    return orElseSpent(async () => {
      const about = await this.addresses.oldAddressOf(token);
      return page(MailLinkPage, { kind: 'oldAddress', token, about });
    }, oldSpent);
  }

  @Priority('always')
  @Submit('revert-address')
  revert(@Fields(['token']) form: Form): Promise<Page> {
    return orElseSpent(async () => {
      await this.addresses.revert(form.text('token'));
      return page(MailLinkDonePage, { kind: 'oldAddress' });
    }, oldSpent);
  }
}

const newSpent = (): Page => page(SpentPage, { kind: 'newAddress' }, 410);
const oldSpent = (): Page => page(SpentPage, { kind: 'oldAddress' }, 410);

import { MailStops } from '../../features/mail/index.js';
import { Priority } from '../../platform/http/overload/priority.js';
import type { Form } from './form.js';
import { page, type Page } from './html.js';
import { Fields, PageController, Query, Show, Submit } from './page.decorators.js';
import { StopPage, StoppedPage } from './templates/stop.js';

/** "No more invitations to this address", from the link in each of them (S-92). */
@PageController()
export class StopController {
  constructor(private readonly stops: MailStops) {}

  @Show('stop')
  show(@Query(['token']) query: Form): Page {
    const token = query.text('token');
    return page(StopPage, { token, email: this.stops.addressIn(token) });
  }

  /** From our page, or from the mail program, which sends the token in the address only (RFC 8058). */
  @Priority('always')
  @Submit('stop')
  async stop(@Query(['token']) query: Form, @Fields(['token']) form: Form): Promise<Page> {
    const token = form.text('token') || query.text('token');
    const email = this.stops.addressIn(token);
    await this.stops.stop(token);
    return page(StoppedPage, { email });
  }
}

import { SignInService } from '../../features/accounts/index.js';
import { PinsService } from '../../features/pins/index.js';
import type { Form } from './form.js';
import { page, type Page } from './html.js';
import { Fields, Network, PageController, Query, Show, Submit } from './page.decorators.js';
import { PinTickets } from './pin-ticket.js';
import { orAgain, type Problem } from './problem.js';
import { PinCheckPage, PinDonePage, PinPage } from './templates/pin.js';

/** Letting a TV in, in two steps: say who you are and what it shows; look at the device and say yes (S-44). */
@PageController()
export class PinController {
  constructor(
    private readonly signIns: SignInService,
    private readonly pins: PinsService,
    private readonly tickets: PinTickets,
  ) {}

  /** A link may fill the PIN in, never confirm it. */
  @Show('pin', 'pin.html', 'link')
  show(@Query(['pin']) query: Form): Page {
    return ask(query);
  }

  @Submit('pin', 'pin.html', 'link')
  submit(
    @Fields(['pin', 'identifier', 'password', 'ticket']) form: Form,
    @Network() network: string,
  ): Promise<Page> {
    const step = form.text('ticket') === '' ? this.#describe(form, network) : this.#confirm(form, network);
    return orAgain(
      () => step,
      (problem) => ask(form, problem),
    );
  }

  async #describe(form: Form, network: string): Promise<Page> {
    const code = form.text('pin');
    const proof = { form: 'password', text: form.text('password') } as const;
    const account = await this.signIns.signIn(form.text('identifier'), proof, network);
    const device = await this.pins.describe(code, account.id, network);
    const ticket = this.tickets.issue({ accountId: account.id, code });
    return page(PinCheckPage, { ticket, device, userName: account.userName });
  }

  async #confirm(form: Form, network: string): Promise<Page> {
    const { accountId, code } = this.tickets.open(form.text('ticket'));
    await this.pins.confirm(code, accountId, network);
    return page(PinDonePage, {});
  }
}

function ask(typed: Form, problem?: Problem): Page {
  const [pin, identifier] = [typed.text('pin'), typed.text('identifier')];
  const isLate = typed.text('ticket') !== '';
  return page(PinPage, { pin, identifier, isLate, problem }, problem?.status);
}

import { PinAnswers } from '../../features/pins/index.js';
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
import { orAgain, type Problem } from './problem.js';
import { PinCheckPage, PinDonePage, PinPage } from './templates/pin.js';

/** Letting a TV in, in two steps: type what it shows; look at the device and say yes (S-44). */
@PageController()
export class PinController {
  constructor(private readonly pins: PinAnswers) {}

  /** A link may fill the PIN in, never confirm it. */
  @ShowSignedIn('pin', 'pin.html', 'link')
  show(@Query(['pin', 'done']) query: Form): Page {
    const done = query.text('done');
    if (done === 'linked' || done === 'declined') return page(PinDonePage, { isLinked: done === 'linked' });
    return ask(query, { isLate: false });
  }

  @SubmitSignedIn('pin', 'pin.html', 'link')
  describe(
    @Browser() { account }: SignedInBrowser,
    @Fields(['pin']) form: Form,
    @Network() network: string,
  ): Promise<Page> {
    const pin = form.text('pin');
    return orAgain(
      async () => {
        const device = await this.pins.describe(pin, account.id, network);
        return page(PinCheckPage, { pin, device, userName: account.userName });
      },
      (problem) => ask(form, { isLate: false, problem }),
    );
  }

  @SubmitSignedIn('pin/confirm')
  confirm(
    @Browser() { account }: SignedInBrowser,
    @Fields(['pin']) form: Form,
    @Network() network: string,
  ): Promise<Page> {
    return orAgain(
      async () => {
        await this.pins.confirm(form.text('pin'), account.id, network);
        return seeOther('/pin?done=linked');
      },
      (problem) => ask(form, { isLate: true, problem }),
    );
  }

  /** The device is told at once, and whoever holds it knows that nobody fell for it. */
  @SubmitSignedIn('pin/decline')
  decline(
    @Browser() { account }: SignedInBrowser,
    @Fields(['pin']) form: Form,
    @Network() network: string,
  ): Promise<Page> {
    return orAgain(
      async () => {
        await this.pins.decline(form.text('pin'), account.id, network);
        return seeOther('/pin?done=declined');
      },
      (problem) => ask(form, { isLate: true, problem }),
    );
  }
}

function ask(typed: Form, { isLate, problem }: { isLate: boolean; problem?: Problem }): Page {
  return page(PinPage, { pin: typed.text('pin'), isLate, problem }, problem?.status);
}

import type { SignInOrigin } from '../../features/accounts/index.js';
import { PinAnswers, type PinTyper } from '../../features/pins/index.js';
import type { SignedInBrowser } from '../../features/sessions/index.js';
import type { Form } from './form.js';
import { page, seeOther, type Page } from './html.js';
import {
  Browser,
  Fields,
  Network,
  Origin,
  PageController,
  Query,
  ShowSignedIn,
  SubmitSignedIn,
} from './page.decorators.js';
import { orAgain, type Problem } from './problem.js';
import { ofCurrentPassword, SessionRenewal } from './session-renewal.js';
import { PinCheckPage, PinDonePage, PinPage, PinPasswordPage } from './templates/pin.js';
import { destinationAfter } from './ways.js';

/** Letting a TV in, in two steps: type what it shows; look at the device and say yes (S-44). */
@PageController()
export class PinController {
  constructor(
    private readonly pins: PinAnswers,
    private readonly renewal: SessionRenewal,
  ) {}

  /** A link may fill the PIN in, never confirm it. */
  @ShowSignedIn('pin', 'pin.html', 'link')
  async show(@Browser() browser: SignedInBrowser, @Query(['pin', 'done']) query: Form): Promise<Page> {
    const done = query.text('done');
    if (done === 'linked' || done === 'declined') return page(PinDonePage, { isLinked: done === 'linked' });
    if (await this.pins.asksForPassword(browser)) return askPassword(query);
    return ask(query, { isLate: false });
  }

  @SubmitSignedIn('pin', 'pin.html', 'link')
  describe(
    @Browser() browser: SignedInBrowser,
    @Fields(['pin']) form: Form,
    @Network() network: string,
  ): Promise<Page> {
    const pin = form.text('pin');
    return orAgain(
      async () => {
        const device = await this.pins.describe(pin, typer(browser, network));
        return page(PinCheckPage, { pin, device, userName: browser.account.userName });
      },
      (problem) => ask(form, { isLate: false, problem }),
    );
  }

  @SubmitSignedIn('pin/confirm')
  confirm(
    @Browser() browser: SignedInBrowser,
    @Fields(['pin']) form: Form,
    @Network() network: string,
  ): Promise<Page> {
    return answered(form, 'linked', (pin) => this.pins.confirm(pin, typer(browser, network)));
  }

  /** The device is told at once, and whoever holds it knows that nobody fell for it. */
  @SubmitSignedIn('pin/decline')
  decline(
    @Browser() browser: SignedInBrowser,
    @Fields(['pin']) form: Form,
    @Network() network: string,
  ): Promise<Page> {
    return answered(form, 'declined', (pin) => this.pins.decline(pin, typer(browser, network)));
  }

  /** While PINs are being guessed at all over the broker: the password first (S-43), then on with the PIN. */
  @SubmitSignedIn('pin/password')
  givePassword(
    @Browser() browser: SignedInBrowser,
    @Fields(['pin', 'currentPassword']) form: Form,
    @Origin() origin: SignInOrigin,
  ): Promise<Page> {
    return orAgain(
      async () => {
        await this.renewal.prove(browser, form.text('currentPassword'), origin);
        const back = destinationAfter(`/pin?pin=${encodeURIComponent(form.text('pin'))}`);
        return seeOther(back, await this.renewal.renew(browser, origin));
      },
      (problem) => askPassword(form, ofCurrentPassword(problem)),
    );
  }
}

/** The second step: what was answered, or the first step again with what stood in the way. */
function answered(
  form: Form,
  done: 'linked' | 'declined',
  answer: (pin: string) => Promise<void>,
): Promise<Page> {
  return orAgain(
    async () => {
      await answer(form.text('pin'));
      return seeOther(`/pin?done=${done}`);
    },
    (problem) => ask(form, { isLate: true, problem }),
  );
}

function typer({ account, isFresh }: SignedInBrowser, network: string): PinTyper {
  return { accountId: account.id, network, isFresh };
}

function ask(typed: Form, { isLate, problem }: { isLate: boolean; problem?: Problem }): Page {
  if (problem?.code === 'pin-password-first') return askPassword(typed, problem);
  return page(PinPage, { pin: typed.text('pin'), isLate, problem }, problem?.status);
}

function askPassword(typed: Form, problem?: Problem): Page {
  return page(PinPasswordPage, { pin: typed.text('pin'), problem }, problem?.status);
}

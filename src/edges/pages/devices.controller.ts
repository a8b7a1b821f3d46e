import type { SignInOrigin } from '../../features/accounts/index.js';
import { AppSignIns } from '../../features/oauth/index.js';
import {
  DevicesService,
  SignInsService,
  WebSessionsService,
  type SignedInBrowser,
} from '../../features/sessions/index.js';
import { Clock } from '../../shared/clock.js';
import { DomainError } from '../../shared/domain-error.js';
import type { DeviceId } from '../../shared/ids.js';
import { Priority } from '../../platform/http/overload/priority.js';
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
import { partOf } from './parts.js';
import { orAgain } from './problem.js';
import { ofCurrentPassword, SessionRenewal } from './session-renewal.js';
import { DevicesPage, EndOthersPage, type SignIn } from './templates/devices.js';

/** So many have 15 KB, and with the longest names not 40. */
const SIGN_INS_SHOWN = 25;

/** What is signed in to an account, and ending it (S-14). */
@PageController()
export class DevicesController {
  constructor(
    private readonly devices: DevicesService,
    private readonly apps: AppSignIns,
    private readonly browsers: WebSessionsService,
    private readonly signIns: SignInsService,
    private readonly renewal: SessionRenewal,
    private readonly clock: Clock,
  ) {}

  @ShowSignedIn('devices')
  async show(
    @Browser() { account, session }: SignedInBrowser,
    @Network() network: string,
    @Query(['done', 'page']) query: Form,
  ): Promise<Page> {
    const devices = await this.devices.of(account.id);
    const apps = await this.apps.of(account.id);
    const browsers = await this.browsers.of(account.id);
    const all: SignIn[] = [
      ...devices.map((device) => ({ kind: 'device' as const, device })),
      ...apps.map((app) => ({ kind: 'app' as const, app })),
      ...browsers.map((browser) => ({ kind: 'browser' as const, session: browser })),
    ];
    const part = partOf(all, query.text('page'), SIGN_INS_SHOWN);
    const visitor = { here: session.id, network, now: this.clock.now() };
    return page(DevicesPage, { part, ...visitor, done: query.text('done') });
  }

  @Priority('always')
  @SubmitSignedIn('devices/end-device')
  async endDevice(@Browser() { account }: SignedInBrowser, @Fields(['device']) form: Form): Promise<Page> {
    requireFound(await this.devices.end(form.text('device') as DeviceId, account.id));
    return seeOther('/devices?done=ended');
  }

  @Priority('always')
  @SubmitSignedIn('devices/end-app')
  async endApp(@Browser() { account }: SignedInBrowser, @Fields(['app']) form: Form): Promise<Page> {
    requireFound(await this.apps.end(form.text('app'), account.id));
    return seeOther('/devices?done=ended');
  }

  @Priority('always')
  @SubmitSignedIn('devices/end-browser')
  async endBrowser(@Browser() { account }: SignedInBrowser, @Fields(['browser']) form: Form): Promise<Page> {
    requireFound(await this.browsers.signOut(form.text('browser'), account.id));
    return seeOther('/devices?done=ended');
  }

  @ShowSignedIn('devices/end-others')
  askToEndOthers(): Page {
    return page(EndOthersPage, { problem: undefined });
  }

  @Priority('always')
  @SubmitSignedIn('devices/end-others')
  endOthers(
    @Browser() browser: SignedInBrowser,
    @Fields(['currentPassword']) form: Form,
    @Origin() origin: SignInOrigin,
  ): Promise<Page> {
    return orAgain(
      async () => {
        await this.renewal.prove(browser, form.text('currentPassword'), origin);
        await this.signIns.endOthers(browser.account.id, browser.session.id);
        return seeOther('/devices?done=others-ended', await this.renewal.renew(browser, origin));
      },
      (problem) => page(EndOthersPage, { problem: ofCurrentPassword(problem) }, problem.status),
    );
  }
}

/** Ended already, or somebody else's (S-61): one answer. */
function requireFound(isFound: boolean): void {
  if (!isFound) throw new DomainError('not-found', 'sign-in-unknown', 'There is no such sign-in.');
}

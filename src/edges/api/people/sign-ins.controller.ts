import { AppSignIns } from '../../../features/oauth/index.js';
import { DevicesService, WebSessionsService } from '../../../features/sessions/index.js';
import { DomainError } from '../../../shared/domain-error.js';
import type { AccountId, DeviceId } from '../../../shared/ids.js';
import { Priority } from '../../../platform/http/overload/priority.js';
import { ApiController, App, Id, Operation } from '../api.decorators.js';
import type { AppCaller } from '../bearer/apps.service.js';
import { SignInListShape, type SignInShape } from './people.shapes.js';

/** What is signed in to the account (S-14), and ending one of them; ending all is for the pages (S-09, ADR 0021). */
@ApiController()
export class SignInsController {
  constructor(
    private readonly apps: AppSignIns,
    private readonly devices: DevicesService,
    private readonly browsers: WebSessionsService,
  ) {}

  @Operation('GET', 'sign-ins', {
    id: 'listSignIns',
    tag: 'Account',
    summary: 'List the sign-ins',
    description: 'Apps, devices and browsers that are signed in to the account.',
    scopes: ['sign-ins:manage'],
    answer: { status: 200, description: 'The sign-ins.', type: SignInListShape },
  })
  async list(@App() { account, signInId }: AppCaller): Promise<SignInListShape> {
    return {
      signIns: (await this.#all(account.id)).map((one) => ({ ...one, current: one.id === signInId })),
    };
  }

  @Priority('always')
  @Operation('DELETE', 'sign-ins/current', {
    id: 'signOut',
    tag: 'Account',
    summary: 'Sign out',
    description: 'Ends the sign-in of the app that asks, whatever its scopes. Its tokens fail at once.',
    scopes: [],
    answer: { status: 204, description: 'It has ended.' },
  })
  async endOwn(@App() { account, signInId }: AppCaller): Promise<void> {
    await this.apps.end(signInId, account.id);
  }

  @Priority('always')
  @Operation('DELETE', 'sign-ins/:id', {
    id: 'endSignIn',
    tag: 'Account',
    summary: 'End a sign-in',
    description:
      'Its tokens fail at once. Ending all at one go needs the password, on the pages of the broker.',
    scopes: ['sign-ins:manage'],
    ofId: 'Id of the sign-in.',
    answer: { status: 204, description: 'It has ended.' },
    problems: ['sign-in-unknown'],
  })
  async end(@App() { account }: AppCaller, @Id() id: string): Promise<void> {
    const hasEnded =
      (await this.apps.end(id, account.id)) ||
      (await this.devices.end(id as DeviceId, account.id)) ||
      (await this.browsers.signOut(id, account.id));
    // Ended already, or somebody else's (S-61): one answer.
    if (!hasEnded) throw new DomainError('not-found', 'sign-in-unknown', 'There is no such sign-in.');
  }

  async #all(accountId: AccountId): Promise<Omit<SignInShape, 'current'>[]> {
    const apps = await this.apps.of(accountId);
    const devices = await this.devices.of(accountId);
    const browsers = await this.browsers.of(accountId);
    return [
      ...apps.map((one) => ({ ...common('app', one), name: one.appName, deviceName: one.deviceName })),
      ...devices.map((one) => ({ ...common('device', one), name: one.app, deviceName: one.name })),
      ...browsers.map((one) => ({ ...common('browser', one), name: one.browser, deviceName: '' })),
    ];
  }
}

function common(
  kind: SignInShape['kind'],
  { id, createdAt, lastUsedAt }: { id: string; createdAt: number; lastUsedAt: number },
): Pick<SignInShape, 'id' | 'kind' | 'createdAt' | 'lastUsedAt'> {
  return {
    id,
    kind,
    createdAt: new Date(createdAt).toISOString(),
    lastUsedAt: new Date(lastUsedAt).toISOString(),
  };
}

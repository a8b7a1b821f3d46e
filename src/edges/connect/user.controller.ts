import { Controller, UseGuards } from '@nestjs/common';
import type { SignInOrigin } from '../../features/accounts/index.js';
import { AccountLookupService, type Selector } from '../../features/links/index.js';
import { DevicesService } from '../../features/sessions/index.js';
import { DomainError, invalidField } from '../../shared/domain-error.js';
import type { AccountId } from '../../shared/ids.js';
import { Config } from '../../config/index.js';
import { Priority } from '../../platform/http/overload/priority.js';
import { ConnectCallersGuard, type ConnectCaller, type DeviceCaller } from './callers.guard.js';
import { DeviceSignIns } from './device-sign-ins.service.js';
import type { Parameters } from './parameters/parameters.js';
import { identifierOf, proofOf, SIGN_IN_PARAMETERS } from './said-by-people.js';
import { userShape } from './shapes.js';
import { App, Caller, Endpoint, Network, UserToken, Wire, WireQuery } from './wire.decorators.js';

const IDS = ['id', 'userId'];
/** `name` too may hold an e-mail address: media servers send one there by mistake (E6). */
const IDENTIFIERS = ['nameOrEmail', 'name', 'email'];

@Controller('service')
@UseGuards(ConnectCallersGuard)
export class UserController {
  constructor(
    private readonly signIns: DeviceSignIns,
    private readonly lookups: AccountLookupService,
    private readonly devices: DevicesService,
    private readonly config: Config,
  ) {}

  /** E6. 404 means "unknown" and decides on an invitation at the server; `IsActive` false means "not yet". */
  @Priority('look-up')
  @Endpoint('GET', 'user', 'device', 'server')
  async find(
    @Caller() caller: ConnectCaller,
    @Wire([...IDS, ...IDENTIFIERS]) wire: Parameters,
    @Network() network: string,
  ): Promise<object> {
    const selector = selectorOf(wire);
    if (caller.kind === 'device') return ownUser(caller, selector);
    if (!selector) throw invalidField('nameOrEmail', 'is missing');
    const account = await this.lookups.lookUp(caller.server, selector, network);
    if (!account) throw userUnknown();
    const askedForAddress = 'identifier' in selector && selector.identifier.includes('@');
    return userShape(account, askedForAddress ? account.email : '');
  }

  /** E7. Always 401 for whatever is wrong (W14, S-05). */
  @Endpoint('POST', 'user/authenticate', 'nobody-in-particular')
  async signIn(
    @Wire(SIGN_IN_PARAMETERS) wire: Parameters,
    @WireQuery(['rawpw', 'password', 'pw']) query: Parameters,
    @App() app: string,
    @UserToken() { network, token: oldToken }: { network: string; token: string },
  ): Promise<object> {
    const identifier = identifierOf(wire);
    this.#refuseInQuery(query);
    const origin = await this.#originOf(network, oldToken);
    return this.signIns.signIn(identifier, proofOf(wire), origin, app);
  }

  /** E8. */
  @Priority('always')
  @Endpoint('POST', 'user/logout', 'device')
  async signOut(@Caller() { deviceId, account }: DeviceCaller): Promise<object> {
    await this.devices.end(deviceId, account.id);
    return {};
  }

  /** A device that is signed in and signs in anew is known for its account, wherever it is (S-22). */
  async #originOf(network: string, token: string): Promise<SignInOrigin> {
    // The route has counted the network already.
    const device = token === '' ? null : await this.devices.authenticate(token, null);
    if (!device) return { network };
    return { network, signedIn: { accountId: device.account.id, id: device.deviceId } };
  }

  /** W13: a password in a URL may end in somebody's log. */
  #refuseInQuery(query: Parameters): void {
    if (this.config.legacyQueryPasswords) return;
    const name = ['rawpw', 'password', 'pw'].find((candidate) => query.has(candidate));
    if (name !== undefined) throw invalidField(name, 'must not be in the URL');
  }
}

function selectorOf(wire: Parameters): Selector | null {
  const given = [...IDS, ...IDENTIFIERS].filter((name) => wire.optional(name) !== undefined);
  const [name, ...more] = given;
  if (name === undefined) return null;
  if (more.length > 0) throw invalidField(more[0] ?? name, `cannot be combined with ${name}`);
  const value = wire.required(name);
  return IDS.includes(name) ? { id: value as AccountId } : { identifier: value };
}

/** A device sees its own account and no other: ids of others must not leak (W5). */
function ownUser({ account }: DeviceCaller, selector: Selector | null): object {
  const own = selector === null || isOwn(selector, [account.id, account.userName, account.email]);
  if (!own) throw userUnknown();
  return userShape(account, account.email);
}

function isOwn(selector: Selector, [id, userName, email]: readonly [string, string, string]): boolean {
  if ('id' in selector) return selector.id === id;
  return [userName, email].some((name) => name.toLowerCase() === selector.identifier.toLowerCase());
}

function userUnknown(): DomainError {
  return new DomainError('not-found', 'account-unknown', 'There is no such user.');
}

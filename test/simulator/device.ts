import { objectOf, textOf } from './answers.js';
import {
  readPin,
  readPinExchange,
  readServerEntries,
  readSignIn,
  readUser,
  type ConnectUserEntry,
  type PinEntry,
  type ServerEntry,
  type SignedIn,
} from './device-answers.js';
import { escapedForm, rawForm } from './forms.js';
import { mergeServers, type SavedServer } from './saved-servers.js';
import {
  FailedCall,
  parseJson,
  send,
  TWENTY_SECONDS,
  type Exchange,
  type WireRequest,
  type WireResponse,
} from './wire.js';

export interface DeviceOptions {
  /** Where the broker is, without `/service`. */
  readonly broker: string;
  /** App name and version, for the broker (`X-Application`) and for media servers. */
  readonly app?: { readonly name: string; readonly version: string };
  readonly deviceId?: string;
  readonly deviceName?: string;
  /**
   * What E17 and E18 are asked with: the handle that came back in `DeviceId`, or, as on a Roku, the device's own id,
   * which a Roku also sends unescaped when it creates the PIN (E16, S-41).
   */
  readonly pinStyle?: 'handle' | 'own-device-id';
  /** `X-Emby-Token` in JS, `X-MediaBrowser-Token` in Java, C#, Roku and Kodi (§3.7). */
  readonly tokenHeader?: 'X-Emby-Token' | 'X-MediaBrowser-Token';
  /** What an earlier run saved. */
  readonly saved?: readonly SavedServer[];
  readonly timeoutMs?: number;
}

/** What a device holds between E16 and E18. */
export interface PinInHand {
  /** What it shows to the person. */
  readonly pin: string;
  readonly deviceId: string;
}

/** A device that got into a media server. */
export interface LocalAccess {
  /** The address that answered, without `/emby`. */
  readonly address: string;
  readonly localUserId: string;
  readonly accessToken: string;
}

interface Call {
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: string;
}

const FORM = 'application/x-www-form-urlencoded; charset=UTF-8';

/** An official client, JS-like. Whatever is not exactly 200 and well formed throws `FailedCall` (Q3). */
export class Device {
  readonly exchanges: Exchange[] = [];
  readonly #options: Required<Omit<DeviceOptions, 'saved'>>;
  #signedIn: SignedIn | null = null;
  #saved: readonly SavedServer[];

  constructor({ saved = [], ...options }: DeviceOptions) {
    this.#options = {
      app: { name: 'Theater', version: '3.0.0' },
      deviceId: 'device-1',
      deviceName: 'Living room',
      pinStyle: 'handle',
      tokenHeader: 'X-Emby-Token',
      timeoutMs: TWENTY_SECONDS,
      ...options,
    };
    this.#saved = saved;
  }

  get signedIn(): SignedIn | null {
    return this.#signedIn;
  }

  /** The servers that this device would show without the broker. */
  get saved(): readonly SavedServer[] {
    return this.#saved;
  }

  /** E7 with the plain password. */
  async signIn(nameOrEmail: string, password: string): Promise<ConnectUserEntry> {
    const body = escapedForm({ nameOrEmail, rawpw: password });
    const call: Call = { name: 'E7', method: 'POST', path: 'user/authenticate', body };
    const { user, ...signedIn } = await this.#ask(call, readSignIn);
    this.#signedIn = signedIn;
    return user;
  }

  /** E16. */
  async createPin(deviceId = this.#options.deviceId): Promise<PinInHand> {
    const asRoku = this.#options.pinStyle === 'own-device-id';
    const body = asRoku ? rawForm({ deviceId }) : escapedForm({ deviceId });
    const answer = await this.#ask({ name: 'E16', method: 'POST', path: 'pin', body }, readPin);
    return { pin: answer.Pin, deviceId: asRoku ? deviceId : answer.DeviceId };
  }

  /** E17, once. */
  pollPin({ pin, deviceId }: PinInHand): Promise<PinEntry> {
    const path = `pin?${escapedForm({ deviceId, pin })}`;
    return this.#ask({ name: 'E17', method: 'GET', path }, readPin);
  }

  /** E18: the device is signed in afterwards. */
  async exchangePin({ pin, deviceId }: PinInHand): Promise<SignedIn> {
    const body = escapedForm({ deviceId, pin });
    const call: Call = { name: 'E18', method: 'POST', path: 'pin/authenticate', body };
    this.#signedIn = await this.#ask(call, readPinExchange);
    return this.#signedIn;
  }

  /** E19 as a signed-in device, which the original did not ask for (W1). */
  async confirmPin(pin: string): Promise<void> {
    const query = escapedForm({ pin, userId: this.#account().userId });
    await this.#tell({ name: 'E19', method: 'POST', path: `pin/confirm?${query}` });
  }

  /** E6 about itself. */
  me(): Promise<ConnectUserEntry> {
    const path = `user?${escapedForm({ id: this.#account().userId })}`;
    return this.#ask({ name: 'E6', method: 'GET', path }, readUser);
  }

  /** E4. Brings `saved` up to date; on any error `saved` stays as it was and the error is thrown. */
  async servers(): Promise<ServerEntry[]> {
    const path = `servers?${escapedForm({ userId: this.#account().userId })}`;
    const listed = await this.#ask({ name: 'E4', method: 'GET', path }, readServerEntries);
    this.#saved = mergeServers(this.#saved, listed);
    return listed;
  }

  /** E5. */
  invitations(): Promise<ServerEntry[]> {
    const path = `servers?${escapedForm({ userId: this.#account().userId, status: 'Waiting' })}`;
    return this.#ask({ name: 'E5', method: 'GET', path }, readServerEntries);
  }

  /** E15. `serverId` is the `Id` of the entry. */
  async accept(serverId: string): Promise<void> {
    const path = `ServerAuthorizations/accept?${this.#linkQuery(serverId)}`;
    await this.#tell({ name: 'E15', method: 'GET', path });
  }

  /** E14 for an invitation: there is no other way to say no (§2.3). */
  reject(serverId: string): Promise<void> {
    return this.#endLink(serverId);
  }

  /** E14 for an accepted server, which leaves the saved list whatever the broker says (§3.9). */
  async leave(serverId: string): Promise<void> {
    this.#saved = this.#saved.filter(({ connectServerId }) => connectServerId !== serverId);
    await this.#endLink(serverId);
  }

  /** E8. The device forgets its token also when the broker does not answer. */
  async logout(): Promise<void> {
    const call: Call = { name: 'E8', method: 'POST', path: 'user/logout' };
    await this.#tell(call).finally(() => (this.#signedIn = null));
  }

  /** §3.7: finds the address that answers as this server, exchanges the key there and tries the local token. */
  async exchange(entry: ServerEntry): Promise<LocalAccess> {
    const { userId } = this.#account();
    const address = await this.#findAddress(entry);
    try {
      const path = `/emby/Connect/Exchange?format=json&ConnectUserId=${userId}`;
      const answer = await this.#visit('exchange', address, path, entry.AccessKey);
      const body = objectOf(parseJson(answer, 'exchange'), 'exchange');
      const local = { userId: textOf(body, 'LocalUserId'), accessToken: textOf(body, 'AccessToken') };
      await this.#visit('system-info', address, '/emby/System/Info', local.accessToken);
      this.#keepLocal(entry.SystemId, local);
      return { address, localUserId: local.userId, accessToken: local.accessToken };
    } catch (error) {
      if (error instanceof FailedCall && error.status === 401) this.#keepLocal(entry.SystemId, null);
      throw error;
    }
  }

  /** The LAN address first. A host that answers with another id is another server and is passed by. */
  async #findAddress({ LocalAddress, Url, SystemId, Name }: ServerEntry): Promise<string> {
    const failures: string[] = [];
    for (const address of [LocalAddress, Url].filter((candidate) => candidate !== '')) {
      try {
        const answer = await this.#visit('probe', address, '/emby/system/info/public');
        const id = textOf(objectOf(parseJson(answer, 'probe'), 'probe'), 'Id');
        if (id === SystemId) return address;
        failures.push(`${address} is ${id}`);
      } catch (error) {
        failures.push(`${address}: ${String(error)}`);
      }
    }
    throw new FailedCall('probe', null, `${Name} cannot be reached: ${failures.join('; ')}`);
  }

  #keepLocal(systemId: string, local: SavedServer['local']): void {
    this.#saved = this.#saved.map((server) => (server.systemId === systemId ? { ...server, local } : server));
  }

  #endLink(serverId: string): Promise<void> {
    const path = `serverAuthorizations?${this.#linkQuery(serverId)}`;
    return this.#tell({ name: 'E14', method: 'DELETE', path });
  }

  #linkQuery(serverId: string): string {
    return escapedForm({ serverId, userId: this.#account().userId });
  }

  #account(): SignedIn {
    if (!this.#signedIn) throw new Error('the device is not signed in');
    return this.#signedIn;
  }

  async #ask<T>(call: Call, read: (json: unknown) => T): Promise<T> {
    const response = await this.#broker(call);
    const json = parseJson(response, call.name);
    try {
      return read(json);
    } catch (cause) {
      throw new FailedCall(call.name, response.status, String(cause), { cause });
    }
  }

  /** For answers that no client reads. */
  async #tell(call: Call): Promise<void> {
    await this.#broker(call);
  }

  #broker({ name, method, path, body }: Call): Promise<WireResponse> {
    const { app, broker } = this.#options;
    const headers = {
      'X-Application': `${app.name}/${app.version}`,
      ...(this.#signedIn && { 'X-Connect-UserToken': this.#signedIn.accessToken }),
      ...(body !== undefined && { 'Content-Type': FORM }),
    };
    const form = body !== undefined && { body };
    return this.#exactly200(name, {
      direction: 'to-broker',
      method,
      base: broker,
      path: `/service/${path}`,
      headers,
      ...form,
    });
  }

  #visit(name: string, base: string, path: string, token?: string): Promise<WireResponse> {
    const { app, deviceId, deviceName, tokenHeader } = this.#options;
    const headers = {
      'X-Emby-Client': app.name,
      'X-Emby-Client-Version': app.version,
      'X-Emby-Device-Name': encodeURIComponent(deviceName),
      'X-Emby-Device-Id': encodeURIComponent(deviceId),
      ...(token !== undefined && { [tokenHeader]: token }),
    };
    return this.#exactly200(name, { direction: 'to-media-server', method: 'GET', base, path, headers });
  }

  async #exactly200(name: string, request: Omit<WireRequest, 'timeoutMs'>): Promise<WireResponse> {
    let response: WireResponse;
    try {
      response = await send({ ...request, timeoutMs: this.#options.timeoutMs }, this.exchanges);
    } catch (cause) {
      throw new FailedCall(name, null, String(cause), { cause });
    }
    if (response.status !== 200) throw new FailedCall(name, response.status, response.text);
    return response;
  }
}

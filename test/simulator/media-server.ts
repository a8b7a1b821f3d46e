import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { isIP, type AddressInfo } from 'node:net';
import { BrokerClient, type ServerFacts } from './broker-client.js';
import {
  AdminRefusal,
  cancelInvitation,
  deleteUser,
  inviteGuest,
  linkUser,
  unlinkUser,
  type InviteResult,
  type LinkDesk,
  type LinkResult,
} from './link-flows.js';
import { createLocalUser, hex32, localUser } from './local-users.js';
import { answerDevice, type DeviceDoor } from './media-server-http.js';
import type {
  LocalUser,
  MediaServerEvent,
  MediaServerState,
  PendingInvitation,
  ServerRegistration,
} from './media-server-state.js';
import { reconcile } from './reconcile.js';
import { FailedCall, readBytes, TWENTY_SECONDS, type Exchange } from './wire.js';

/** `GET /Connect/Pending` asks the broker again when the last time is so long ago (1.5). */
const PENDING_IS_FRESH_MS = 5 * 60_000;

export interface MediaServerOptions {
  /** Where the broker is, without `/service`: `http://127.0.0.1:8095`. */
  readonly broker: string;
  readonly name: string;
  /** The admin's external address; else `http://<what E1 says>:<own port>`. */
  readonly url?: string;
  /** 32 hex digits; random when absent. */
  readonly systemId?: string;
  /** Default: the address at which this server listens. `null`: none is sent. */
  readonly localAddress?: string | null;
  /** What `exportState()` of an earlier run gave: plays a restart. */
  readonly state?: MediaServerState;
  /** How long to wait for the broker. Default 20 s. */
  readonly timeoutMs?: number;
  /** Milliseconds since the epoch; default: the machine's clock. */
  readonly now?: () => number;
}

/** A media server of 2017: a client of the broker and a server for devices (§5). One admin at a time. */
export class MediaServer {
  /** Everything that went over the wire, both as client and as server. */
  readonly exchanges: Exchange[] = [];
  /** The server's log. */
  readonly events: MediaServerEvent[] = [];
  readonly #options: MediaServerOptions;
  readonly #state: MediaServerState;
  readonly #broker: BrokerClient;
  readonly #desk: LinkDesk;
  readonly #http = createServer((request, response) => void this.#serve(request, response));
  readonly #now: () => number;
  #wanAddress: string | null = null;
  #pendingReadAt = -Infinity;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: MediaServerOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#state = options.state ? structuredClone(options.state) : emptyState(options.systemId ?? hex32());
    const { broker, timeoutMs = TWENTY_SECONDS } = options;
    this.#broker = new BrokerClient({ broker, timeoutMs, exchanges: this.exchanges, now: this.#now });
    this.#desk = {
      state: this.#state,
      broker: this.#broker,
      registration: () => this.#registered(),
      refreshAuthorizations: () => this.#readAuthorizations(),
    };
  }

  get name(): string {
    return this.#options.name;
  }

  get systemId(): string {
    return this.#state.systemId;
  }

  get registration(): Readonly<ServerRegistration> | null {
    return this.#state.registration;
  }

  get users(): readonly Readonly<LocalUser>[] {
    return this.#state.users;
  }

  get pending(): readonly PendingInvitation[] {
    return this.#state.pending;
  }

  /** Where devices reach this server; known once it listens. */
  get address(): string {
    const address = this.#http.address() as AddressInfo | null;
    if (!address) throw new Error('the media server does not listen yet: call listen() or start()');
    return `http://127.0.0.1:${address.port}`;
  }

  /** The local user of that name or id. */
  user(nameOrId: string): Readonly<LocalUser> {
    return localUser(this.#state, nameOrId);
  }

  addUser(name: string): Readonly<LocalUser> {
    return createLocalUser(this.#state, name);
  }

  disableUser(nameOrId: string): void {
    localUser(this.#state, nameOrId).isDisabled = true;
  }

  /** Opens the port for devices, without a word to the broker. */
  async listen(): Promise<void> {
    if (this.#http.listening) return;
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
  }

  /** Listens and does what a server does after its start (§3.1). Trouble with the broker is logged, never thrown. */
  async start(): Promise<void> {
    await this.listen();
    await this.refresh();
  }

  /** The hourly run: E1, E3 or E2, E12 and reconcile. */
  async refresh(): Promise<void> {
    await this.#alone(async () => {
      await this.#learnWanAddress();
      await this.#updateRegistration();
    });
  }

  async stop(): Promise<void> {
    if (!this.#http.listening) return;
    await new Promise((resolve) => {
      this.#http.close(resolve);
      this.#http.closeAllConnections();
    });
  }

  /** `POST /Users/{Id}/Connect/Link`, §3.2. Throws `FailedCall` (E6, E11, E13) or `AdminRefusal`. */
  linkUser(nameOrId: string, nameOrEmail: string): Promise<LinkResult> {
    return this.#administer(() => linkUser(this.#desk, nameOrId, nameOrEmail));
  }

  /** `POST /Connect/Invite`, §3.6. The sender must be linked himself. */
  inviteGuest(
    nameOrEmail: string,
    sendingLocalUser: string,
    libraries: readonly string[] = [],
  ): Promise<InviteResult> {
    return this.#administer(() => inviteGuest(this.#desk, { nameOrEmail, sendingLocalUser, libraries }));
  }

  /** `DELETE /Connect/Pending?Id=`. */
  cancel(pendingId: string): Promise<void> {
    return this.#alone(() => cancelInvitation(this.#desk, pendingId));
  }

  /** `DELETE /Users/{Id}/Connect/Link`. */
  unlink(nameOrId: string): Promise<void> {
    return this.#alone(() => unlinkUser(this.#desk, localUser(this.#state, nameOrId)));
  }

  deleteLocalUser(nameOrId: string): Promise<void> {
    return this.#alone(() => deleteUser(this.#desk, localUser(this.#state, nameOrId)));
  }

  /** `GET /Connect/Pending`: reads E12 again when the last such look is five minutes old. */
  async listPending(): Promise<readonly PendingInvitation[]> {
    if (this.#now() - this.#pendingReadAt >= PENDING_IS_FRESH_MS) {
      await this.#alone(() => this.#readAuthorizations());
      this.#pendingReadAt = this.#now();
    }
    return this.pending;
  }

  /** E12 and reconcile alone (§3.3). */
  refreshAuthorizations(): Promise<void> {
    return this.#alone(() => this.#readAuthorizations());
  }

  /** A copy of all that outlives a restart, for `MediaServerOptions.state`. */
  exportState(): MediaServerState {
    return structuredClone(this.#state);
  }

  async #learnWanAddress(): Promise<void> {
    try {
      const text = await this.#broker.ip();
      if (isIP(text) === 0) throw new FailedCall('E1', 200, `not an address: ${JSON.stringify(text)}`);
      this.#wanAddress = text;
    } catch (error) {
      this.#failed('E1', error);
    }
  }

  async #updateRegistration(): Promise<void> {
    const facts = this.#facts();
    if (!facts) {
      this.#failed('registration', new Error('no WAN address is known'));
      return;
    }
    try {
      if (!(await this.#registrationHolds(facts))) await this.#register(facts);
      await this.#readAuthorizations();
    } catch (error) {
      this.#failed('registration', error);
    }
  }

  /** E3. Only 401 and 404 mean that the registration is over; all else is trouble that passes (D1). */
  async #registrationHolds(facts: ServerFacts): Promise<boolean> {
    const { registration } = this.#state;
    if (!registration) return false;
    try {
      await this.#broker.updateRegistration(registration, facts);
      return true;
    } catch (error) {
      if (!(error instanceof FailedCall && (error.status === 401 || error.status === 404))) throw error;
      this.events.push({ kind: 'registration-rejected', serverId: registration.id, status: error.status });
      return false;
    }
  }

  /** E2. The old registration is overwritten by a new one, not by its failure: then E3 is tried once more later. */
  async #register(facts: ServerFacts): Promise<void> {
    const registration = await this.#broker.createRegistration(facts);
    this.#state.registration = registration;
    this.events.push({ kind: 'registered', serverId: registration.id });
  }

  /** E12 and §3.3. Whatever fails is logged; a list that did not come changes nothing. */
  async #readAuthorizations(): Promise<void> {
    try {
      const rows = await this.#broker.authorizations(this.#registered());
      reconcile(this.#state, rows, (event) => this.events.push(event));
    } catch (error) {
      this.#failed('reconcile', error);
    }
  }

  /** `null` while no WAN address is known: then the server never registers (E1). */
  #facts(): ServerFacts | null {
    const url = this.#wanUrl();
    if (url === null) return null;
    const { name, localAddress = this.address } = this.#options;
    return { name, url, systemId: this.systemId, ...(localAddress !== null && { localAddress }) };
  }

  #wanUrl(): string | null {
    if (this.#options.url !== undefined) return this.#options.url;
    const ip = this.#wanAddress;
    if (ip === null) return null;
    return `http://${isIP(ip) === 6 ? `[${ip}]` : ip}:${new URL(this.address).port}`;
  }

  #registered(): ServerRegistration {
    const { registration } = this.#state;
    if (!registration) throw new AdminRefusal('not-registered', 'The server is not registered.');
    return registration;
  }

  /** A server that never registered tries once more when its admin needs it (§3.1). */
  #administer<T>(flow: () => Promise<T>): Promise<T> {
    return this.#alone(async () => {
      if (!this.#state.registration) await this.#updateRegistration();
      return flow();
    });
  }

  /** The server does one thing with the broker at a time. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  #failed(step: string, error: unknown): void {
    const call = error instanceof FailedCall ? error.call : step;
    const status = error instanceof FailedCall ? error.status : null;
    this.events.push({ kind: 'failed', call, status, message: String(error) });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestBody = (await readBytes(request)).toString('utf8');
    const { status, body } = await answerDevice(this.#door(), request).catch(() => ({
      status: 500,
      body: '',
    }));
    this.exchanges.push({
      direction: 'from-device',
      method: request.method ?? '',
      path: request.url ?? '',
      requestHeaders: Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, value?.toString() ?? '']),
      ),
      requestBody,
      status,
      responseBody: body,
    });
    response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8' }).end(body);
  }

  #door(): DeviceDoor {
    return {
      state: this.#state,
      name: this.name,
      localAddress: this.#options.localAddress ?? this.address,
      wanAddress: this.#wanUrl() ?? '',
      refreshAuthorizations: () => this.refreshAuthorizations(),
    };
  }
}

function emptyState(systemId: string): MediaServerState {
  return { systemId, registration: null, users: [], pending: [], sessions: [] };
}

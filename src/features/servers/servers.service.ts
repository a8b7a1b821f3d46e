import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { digestOf, sameDigest } from '../../platform/crypto/digest.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Limiter, type Rule } from '../../platform/limits/limiter.js';
import { perNetwork } from '../../platform/limits/per-network.js';
import { Strangers, type Errand } from '../../platform/limits/strangers.js';
import { Clock, DAY, HOUR } from '../../shared/clock.js';
import type { ServerId } from '../../shared/ids.js';
import { Memory } from '../../shared/memory.js';
import { Random } from '../../shared/random.js';
import { soon, type Soon } from '../../shared/soon.js';
import { AuditTrail } from '../audit/index.js';
import { RestoreHold } from '../restores/index.js';
import { KnownServers } from './known-servers.js';
import {
  checkedFields,
  sameFields,
  type CheckedFields,
  type Server,
  type ServerFields,
  type ServerWithDigest,
} from './server.js';
import { serverUnknown, wrongServerKey } from './server.errors.js';
import { ServersRepository } from './servers.repository.js';

/** As the broker makes them: others cannot have been lost in a restore. */
const ID = /^[0-9a-f]{32}$/i;
const KEY = /^[0-9a-f]{64}$/i;

/** About 250 bytes each: 5 MB at most. */
const MOST_PROVEN = 20_000;

/** A server as it was read. */
export type ServerAsRead = Readonly<Server>;

/** What a server says, checked, and from where. */
type Said = CheckedFields & Pick<Server, 'network'>;

interface Updated {
  /** As it is now. */
  readonly server: Server;
  /** As it was read, if that said the same already. */
  readonly same: ServerAsRead | null;
}

/** Runs inside the unit of work in which a server changed its systemId. */
export type IdentityListener = (serverId: ServerId) => Promise<void>;

/** Media servers: registering, keeping addresses fresh, proving to be one. */
@Injectable()
export class ServersService {
  readonly #identityListeners: IdentityListener[] = [];
  /** By the digests of keys, which server each proved last. */
  readonly #provenKeys = new Memory<string, ServerId>(MOST_PROVEN);

  constructor(
    private readonly servers: ServersRepository,
    private readonly known: KnownServers,
    private readonly audit: AuditTrail,
    private readonly hold: RestoreHold,
    private readonly limiter: Limiter,
    private readonly strangers: Strangers,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly config: Config,
  ) {}

  /** A systemId that changes after links were accepted could lure devices: whoever keeps links listens (S-72). */
  whenIdentityChanges(listener: IdentityListener): void {
    this.#identityListeners.push(listener);
  }

  /**
   * Registers a server, always as a new one: the same systemId proves nothing (W10).
   *
   * @returns the server and its key, 64 lower-case hex digits, of which only a digest is kept (S-50)
   * @throws DomainError invalid; unavailable in a restore hold, because this restore may not be the last
   */
  async register(fields: ServerFields, network: string): Promise<{ server: Server; key: string }> {
    await this.hold.refuseWhileHeld();
    const checked = checkedFields(fields, this.config.addressAllow);
    await this.limiter.take(this.#registrationRules(network));
    const key = this.random.hex(32);
    const now = this.clock.now();
    const id = this.random.hex(16) as ServerId;
    const server = { id, ...checked, network, createdAt: now, heardAt: now };
    const keyDigest = digestOf(key);
    // Nothing is decided on, and nobody else knows the id.
    await this.unitOfWork.runJoined(async () => {
      await this.servers.add({ ...server, keyDigest }, key.slice(0, 8));
      await this.audit.record({
        kind: 'server-registered',
        outcome: 'ok',
        serverId: id,
        detail: server.name,
      });
    });
    this.#noteProof(keyDigest, id);
    return { server, key };
  }

  /**
   * Takes the current name and addresses of a server. Nothing new costs no durable write (P-5).
   *
   * `readFields` is called once the caller has proven to be the server: strangers are not told about fields.
   *
   * @throws DomainError not-found and unauthenticated only after a successful read, and not soon after a
   * restore, when unavailable stands for them; then invalid
   */
  async update(
    id: ServerId,
    key: string | undefined,
    readFields: () => ServerFields,
    network: string,
  ): Promise<Updated> {
    const read = await this.#proven(id, key);
    await this.limiter.take([this.updateRule(id)]);
    return this.#take({ ...checkedFields(readFields(), this.config.addressAllow), network }, read);
  }

  /**
   * `update` up to where the caller is counted (`updateRule`), for whoever would be let in; at once where the server is
   * remembered, and on SQLite. Strangers have nothing read beyond what their network may ask, and stay counted; `update` leaves
   * it to its caller to count them.
   *
   * @returns what goes on from there; null, which says nothing but to ask `update`
   * @throws DomainError invalid; what `update` throws, where something was read that it would refuse
   */
  prepareUpdate(
    id: ServerId,
    key: string | undefined,
    fields: ServerFields,
    network: string,
  ): Soon<(() => Soon<Updated>) | null> {
    if (!this.hold.isOff) return null;
    const said = { ...checkedFields(fields, this.config.addressAllow), network };
    const goOn = (server: ServerWithDigest) => (): Soon<Updated> => this.#take(said, server);
    const known = this.known.find(id);
    // Nobody is refused by what is remembered.
    const read = known ? this.#ifProvenBy(key, id, known) : this.#lookNow(id, key, network);
    return soon(read, (found) => found && goOn(found));
  }

  /** The server that this key proves; null where nothing may be looked up now. @throws DomainError as `update` */
  #lookNow(id: ServerId, key: string | undefined, network: string): Soon<ServerWithDigest | null> {
    let read: ServerWithDigest | null = null;
    const find = (): Soon<ServerWithDigest | null> =>
      soon(this.servers.find(id), (found) => this.#ifProvenBy(key, id, (read = found)));
    const look = (): Soon<ServerWithDigest | null | undefined> =>
      this.#hasProven(id, key) ? find() : this.strangers.lookNow(network, find);
    return soon(this.known.read(id, look), (proven) => {
      return proven === null ? this.#deny(id, key, read) : (proven ?? null);
    });
  }

  /**
   * The server as it was read last, where that is remembered, proves the caller, and is all that there is to know: an update
   * that says the same again would write nothing now. The same object as long as nothing of it changed. Null says nothing
   * but to ask `update`.
   */
  recognise(id: string, key: string | undefined, network: string): ServerAsRead | null {
    const known = this.hold.isOff && this.known.has(id) ? this.known.find(id) : undefined;
    if (known?.network !== network || !isKeyOf(known, key)) return null;
    return this.clock.now() - known.heardAt < HOUR ? known : null;
  }

  /** How often a server may update. */
  updateRule(id: string): Rule {
    const limit = this.config.serverUpdatesHour;
    return { bucket: 'server-update-hour', key: id, limit, windowMs: HOUR };
  }

  async find(id: ServerId): Promise<Server | null> {
    const server = await this.servers.find(id);
    return server && withoutDigest(server);
  }

  /**
   * The server that holds this key, or null: read, and not there.
   *
   * @param network of whoever calls, which is counted where the key has proven nothing lately
   * @throws DomainError rate-limited; unavailable where the server may have been lost in a restore
   */
  async authenticate(key: string, network: string, errand: Errand = 'ask'): Promise<Server | null> {
    await this.hold.refuseWhileHeld();
    const digest = digestOf(key);
    const find = (): Soon<ServerWithDigest | null> => this.servers.findByKeyDigest(digest);
    const server = await (this.#provenKeys.has(digest) ? find() : this.strangers.look(network, errand, find));
    if (server) {
      this.#noteProof(digest, server.id);
      return withoutDigest(server);
    }
    this.#provenKeys.delete(digest);
    if (KEY.test(key)) await this.hold.refuseToDeny();
    return null;
  }

  #registrationRules(network: string): Rule[] {
    const { serverRegistrationsHour, serverRegistrationsDay } = this.config;
    return [
      ...perNetwork({
        bucket: 'registration-hour',
        key: network,
        limit: serverRegistrationsHour,
        windowMs: HOUR,
      }),
      ...perNetwork(
        { bucket: 'registration-day', key: network, limit: serverRegistrationsDay, windowMs: DAY },
        3,
      ),
    ];
  }

  async #proven(id: ServerId, key: string | undefined): Promise<ServerWithDigest> {
    await this.hold.refuseWhileHeld();
    const known = this.known.find(id);
    if (known && isKeyOf(known, key)) return known;
    // Nobody is refused by what is remembered.
    const server = await this.known.read(id, () => this.servers.find(id));
    const proven = this.#ifProvenBy(key, id, server);
    return proven ?? this.#deny(id, key, server);
  }

  /** @param read the server that this key does not prove, or null: there is none */
  async #deny(id: ServerId, key: string | undefined, read: ServerWithDigest | null): Promise<never> {
    const mayBeLost = read === null ? ID.test(id) : key !== undefined && KEY.test(key);
    if (mayBeLost) await this.hold.refuseToDeny();
    throw read === null ? serverUnknown() : wrongServerKey();
  }

  /**
   * Whether this key has proven a server lately, in this process: such a caller is heard although strangers have used up what
   * their network may ask. It is no proof that it still does.
   */
  #hasProven(id: ServerId, key: string | undefined): boolean {
    return key !== undefined && this.#provenKeys.get(digestOf(key)) === id;
  }

  #noteProof(digest: string, id: ServerId): void {
    if (this.#provenKeys.get(digest) !== id) this.#provenKeys.set(digest, id);
  }

  /** What was read, if the key proves it; remembers that (`#hasProven`). */
  #ifProvenBy(key: string | undefined, id: ServerId, read: ServerWithDigest | null): ServerWithDigest | null {
    const isProven = read !== null && isKeyOf(read, key);
    if (isProven) this.#noteProof(read.keyDigest, id);
    else if (key !== undefined && this.#hasProven(id, key)) this.#provenKeys.delete(digestOf(key));
    return isProven ? read : null;
  }

  #take(said: Said, read: ServerWithDigest): Soon<Updated> {
    const now = this.clock.now();
    const isNews = !isSaid(read, said);
    const updated = { server: { ...withoutDigest(read), ...said }, same: isNews ? null : read };
    if (!isNews && now - read.heardAt < HOUR) return updated;
    const store = async (): Promise<Updated> => {
      await this.#store(read.id, { ...said, heardAt: now });
      return updated;
    };
    // With another systemId comes much more to be written, about many people.
    return read.systemId === said.systemId ? this.unitOfWork.runJoined(store) : this.unitOfWork.run(store);
  }

  async #store(id: ServerId, changes: Said & Pick<Server, 'heardAt'>): Promise<void> {
    await this.unitOfWork.exclusive(`server:${id}`);
    const before = await this.servers.find(id);
    if (before && isSaid(before, changes)) return this.servers.hear(id, changes.heardAt);
    await this.servers.change(id, changes, before);
    if (before && !sameFields(before, changes)) {
      await this.audit.record({ kind: 'server-changed', outcome: 'ok', serverId: id, detail: changes.name });
    }
    if (before?.systemId === changes.systemId) return;
    await this.audit.record({ kind: 'server-identity-changed', outcome: 'ok', serverId: id });
    for (const listener of this.#identityListeners) await listener(id);
  }
}

/** Whether a server was told of so before. */
function isSaid(before: Said, said: Said): boolean {
  return sameFields(before, said) && before.network === said.network;
}

function isKeyOf({ keyDigest }: ServerWithDigest, key: string | undefined): boolean {
  return key !== undefined && sameDigest(digestOf(key), keyDigest);
}

function withoutDigest({ keyDigest, ...server }: ServerWithDigest): Server {
  return server;
}

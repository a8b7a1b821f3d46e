import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { digestOf } from '../../platform/crypto/digest.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Strangers, type Errand } from '../../platform/limits/strangers.js';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { Stamps } from '../../platform/jobs/stamps.js';
import { Clock, HOUR } from '../../shared/clock.js';
import type { AccountId, DeviceId } from '../../shared/ids.js';
import { Random } from '../../shared/random.js';
import { soon, type Soon } from '../../shared/soon.js';
import { AccountsService, isActive, type Account } from '../accounts/index.js';
import { AuditTrail } from '../audit/index.js';
import { MailOutbox } from '../mail/index.js';
import { RestoreHold } from '../restores/index.js';
import { CheckedTokens, type CheckedToken, type SignedInDevice } from './checked-tokens.js';
import { hasExpired, label, type Device, type Lifetimes } from './device.js';
import type { StoredSignIn } from './device-rows.js';
import { DevicesRepository } from './devices.repository.js';
import { ProvenTokens } from './proven-tokens.js';

/** What is known of a device when it signs in; shown to the person later. */
export interface DeviceDescription {
  readonly app: string;
  readonly name: string;
  readonly network: string;
}

/** How a token that is not remembered is read, by its digest. */
type Find = (digest: string) => Soon<StoredSignIn | null>;

/** 13 MB at most. */
const MOST_PROVEN = 50_000;

/** Devices: who is signed in, by token. */
@Injectable()
export class DevicesService {
  readonly #stamps: Stamps<DeviceId>;
  /** Also while `checked` does not count. */
  readonly #provenTokens = new ProvenTokens(MOST_PROVEN);

  constructor(
    private readonly devices: DevicesRepository,
    private readonly checked: CheckedTokens,
    private readonly accounts: AccountsService,
    private readonly unitOfWork: UnitOfWork,
    private readonly outbox: MailOutbox,
    private readonly audit: AuditTrail,
    private readonly hold: RestoreHold,
    private readonly strangers: Strangers,
    jobs: Jobs,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly config: Config,
  ) {
    this.#stamps = new Stamps(jobs, 'mark devices used', (stamped) =>
      unitOfWork.run(() => devices.markUsed(stamped)),
    );
  }

  /**
   * Signs a device in. Only a digest of the token is kept (S-50).
   *
   * @returns the device token: 64 lower-case hex digits (S-11)
   */
  async signIn(account: Account, description: DeviceDescription): Promise<string> {
    return this.unitOfWork.run(() => this.signInWithin(account.id, description), 'reserve');
  }

  /** The same as part of a unit of work. One device too many ends the one idle longest (S-15). */
  async signInWithin(accountId: AccountId, { app, name, network }: DeviceDescription): Promise<string> {
    await this.unitOfWork.exclusive(`devices:${accountId}`);
    const token = this.random.hex(32);
    const now = this.clock.now();
    const id = this.random.hex(16) as DeviceId;
    const device = {
      id,
      accountId,
      app: label(app),
      name: label(name),
      network,
      createdAt: now,
      lastUsedAt: now,
    };
    await this.#makeRoom(accountId);
    await this.devices.add(device, digestOf(token));
    await this.audit.record({ kind: 'device-signed-in', outcome: 'ok', accountId, detail: device.app });
    return token;
  }

  /**
   * The device behind a token, or null: unknown, expired, signed out, account not active. From memory only while that is
   * exact, else read anew each time (S-62).
   *
   * @param network of whoever calls, which is counted where the token has proven nothing lately; null if it was counted before
   * @throws DomainError rate-limited; unavailable in a restore hold: a device forgets what it is told is gone
   */
  async authenticate(
    token: string,
    network: string | null,
    errand: Errand = 'ask',
  ): Promise<SignedInDevice | null> {
    await this.hold.refuseWhileHeld();
    const digest = digestOf(token);
    const known = await (this.checked.find(digest) ?? this.#look(digest, network, errand));
    return known && this.#admit(known);
  }

  /**
   * The same without waiting for more than the token; at once where it is remembered, and on SQLite. Undefined says nothing but
   * to ask `authenticate`, and that nothing was counted.
   *
   * @param find where something else is read with it (`signedIn`)
   */
  lookUp(token: string, network: string, find: Find = this.#find): Soon<SignedInDevice | null | undefined> {
    if (!this.hold.isOff) return undefined;
    const digest = digestOf(token);
    const known = this.checked.find(digest) ?? this.#lookNow(digest, network, find);
    return soon(known, (one) => one && this.#admit(one));
  }

  /**
   * The same again and again, by a token's digest, each time where it is remembered and that counts. Null says nothing but to
   * ask `authenticate`.
   */
  follow(digest: string): () => SignedInDevice | null {
    const followed = this.checked.follow(digest);
    return () => {
      const known = this.hold.isOff ? followed() : undefined;
      return known === undefined ? null : this.#admit(known);
    };
  }

  /** The devices of an account, the one used last first (S-14). */
  async of(accountId: AccountId): Promise<Device[]> {
    const now = this.clock.now();
    const devices = await this.devices.of(accountId);
    return devices.filter((device) => !hasExpired(device, this.#lifetimes, now)).reverse();
  }

  /** Ends one device of an account; its token fails from now on (S-13). @returns false if there is no such (S-61) */
  async end(deviceId: DeviceId, accountId: AccountId): Promise<boolean> {
    return this.unitOfWork.run(async () => {
      const device = (await this.devices.of(accountId)).find(({ id }) => id === deviceId);
      if (!device) return false;
      await this.devices.remove(device.id);
      await this.audit.record({ kind: 'device-ended', outcome: 'ok', accountId, detail: device.app });
      return true;
    });
  }

  /** Ends all devices of an account; inside a unit of work (S-13). */
  async endAllWithin(accountId: AccountId): Promise<void> {
    for (const device of await this.devices.of(accountId)) await this.devices.remove(device.id);
  }

  async forgetExpired(): Promise<void> {
    await this.unitOfWork.run(() => this.devices.removeExpired(this.#lifetimes, this.clock.now()));
  }

  #look(digest: string, network: string | null, errand: Errand): Soon<CheckedToken | null> {
    const read = (): Soon<CheckedToken | null> => this.#read(digest, this.#find);
    const isCounted = network !== null && !this.#provenTokens.has(digest);
    return this.checked.read(digest, isCounted ? () => this.strangers.look(network, errand, read) : read);
  }

  #lookNow(digest: string, network: string, find: Find): Soon<CheckedToken | null | undefined> {
    const read = (): Soon<CheckedToken | null> => this.#read(digest, find);
    const isCounted = !this.#provenTokens.has(digest);
    return this.checked.read(digest, isCounted ? () => this.strangers.lookNow(network, read) : read);
  }

  readonly #find: Find = (digest) => this.devices.findByDigest(digest);

  #read(digest: string, find: Find): Soon<CheckedToken | null> {
    return soon(find(digest), (found) => {
      const good = found && this.#isGood(found) ? found : null;
      this.#provenTokens.note(digest, good !== null);
      if (good === null) return null;
      const { device, account } = good;
      const { id: deviceId, createdAt, lastUsedAt } = device;
      return { createdAt, lastUsedAt, signedIn: { account, deviceId } };
    });
  }

  #isGood({ device, account }: StoredSignIn): boolean {
    return isActive(account) && !hasExpired(device, this.#lifetimes, this.clock.now());
  }

  /** Its time is judged at every request: it runs out also for what is remembered. */
  #admit(known: CheckedToken): SignedInDevice | null {
    const now = this.clock.now();
    if (hasExpired(known, this.#lifetimes, now)) return null;
    this.#markUsed(known, now);
    return known.signedIn;
  }

  get #lifetimes(): Lifetimes {
    return { idle: this.config.deviceTokenIdleTtl, absolute: this.config.deviceTokenTtl };
  }

  /** For one more (S-15). Counting costs less than reading a hundred. */
  async #makeRoom(accountId: AccountId): Promise<void> {
    const tooMany = (await this.devices.count(accountId)) + 1 - this.config.devicesPerAccount;
    if (tooMany <= 0) return;
    for (const idle of (await this.devices.of(accountId)).slice(0, tooMany)) await this.#endSurplus(idle);
  }

  /** One device too many: the person is told which one had to go. */
  async #endSurplus({ id, accountId, app, name }: Device): Promise<void> {
    await this.devices.remove(id);
    await this.audit.record({ kind: 'device-ended', outcome: 'ok', accountId, detail: app });
    const account = await this.accounts.find(accountId);
    if (!account) return;
    await this.outbox.post(
      { kind: 'device-ended', userName: account.userName, app, deviceName: name },
      account.email,
    );
  }

  /** Beside the request, at most once an hour: a device may not wait for a stamp, nor fail because of it. */
  #markUsed(known: CheckedToken, now: number): void {
    if (now - known.lastUsedAt < HOUR) return;
    known.lastUsedAt = now;
    this.#stamps.add(known.signedIn.deviceId, now);
  }
}

import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { digestOf, sameDigest } from '../../platform/crypto/digest.js';
import { KeyRing } from '../../platform/crypto/key-ring.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Limiter, type Rule } from '../../platform/limits/limiter.js';
import { perNetwork } from '../../platform/limits/per-network.js';
import { Clock, MINUTE } from '../../shared/clock.js';
import { DomainError, invalidField } from '../../shared/domain-error.js';
import type { AccountId } from '../../shared/ids.js';
import { around, Random } from '../../shared/random.js';
import { AccountsService, isActive, type Account } from '../accounts/index.js';
import { AuditTrail } from '../audit/index.js';
import { MailOutbox } from '../mail/index.js';
import { DevicesService, label, type DeviceDescription } from '../sessions/index.js';
import { countingStops, pinSteps } from './pin-metrics.js';
import { hasExpired, macOf, newCode, pinUnknown, typedCode, type Pin } from './pin.js';
import { PinsRepository, type StoredPin } from './pins.repository.js';

/** A poll of an expired PIN is told so for this long; then the PIN is unknown (protocol document, 2.4). */
const EXPIRED_SHOWN_MS = 10 * MINUTE;

const DEVICE_ID_MAX = 256;

/** How a device names its PIN: what the person sees, and the handle it got (or the device id it sent). */
export interface PinInHand {
  readonly code: string;
  readonly deviceId: string;
  readonly network: string;
}

/** Letting a TV in: it shows a PIN, a signed-in person types it, the TV gets a device token. */
@Injectable()
export class PinsService {
  constructor(
    private readonly pins: PinsRepository,
    private readonly devices: DevicesService,
    private readonly accounts: AccountsService,
    private readonly outbox: MailOutbox,
    private readonly audit: AuditTrail,
    private readonly ring: KeyRing,
    private readonly limiter: Limiter,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly config: Config,
  ) {}

  /**
   * Makes a PIN for a device.
   *
   * @returns the code to show, and a 128-bit handle that later calls name it by (S-41)
   * @throws DomainError invalid, rate-limited
   */
  async create(deviceId: string, app: string, network: string): Promise<{ code: string; handle: string }> {
    if (deviceId === '' || deviceId.length > DEVICE_ID_MAX) {
      throw invalidField('deviceId', `must have 1 to ${DEVICE_ID_MAX} characters`);
    }
    return countingStops(async () => {
      const rule = this.#rulePerMinute('pin-create-minute', network, this.config.pinsCreatedMinute);
      await this.limiter.take(perNetwork(rule));
      const handle = this.random.hex(16);
      const device = { deviceId, app: label(app), network };
      const code = await this.unitOfWork.run(() => this.#create(device, handle), 'reserve');
      pinSteps.count({ step: 'created' });
      return { code, handle };
    });
  }

  /**
   * The PIN as its device sees it, or null: unknown, long expired, exchanged, or somebody else's (S-34).
   *
   * @throws DomainError rate-limited
   */
  poll(inHand: PinInHand): Promise<{ isExpired: boolean; accountId: AccountId | null } | null> {
    return countingStops(async () => {
      const pin = await this.#find(inHand);
      if (!pin || pin.state === 'exchanged') return null;
      await this.limiter.take([this.#rulePerMinute('pin-poll-minute', pin.id, this.config.pinPollsMinute)]);
      const now = this.clock.now();
      if (now >= pin.expiresAt + EXPIRED_SHOWN_MS) return null;
      const isExpired = hasExpired(pin, now);
      return { isExpired, accountId: isExpired ? null : pin.accountId };
    });
  }

  /**
   * Signs the device in, once (S-42).
   *
   * @throws DomainError not-found for every reason alike
   */
  async exchange(inHand: PinInHand): Promise<{ accountId: AccountId; token: string }> {
    const signedIn = await countingStops(() => this.#exchange(inHand));
    pinSteps.count({ step: signedIn ? 'exchanged' : 'refused' });
    if (!signedIn) throw pinUnknown();
    return signedIn;
  }

  async #exchange(inHand: PinInHand): Promise<{ accountId: AccountId; token: string } | null> {
    const pin = await this.#find(inHand);
    const account = pin?.accountId ? await this.accounts.find(pin.accountId) : null;
    if (!pin || !account || !isActive(account)) return null;
    const description = { app: pin.app, name: pin.deviceId, network: inHand.network };
    const token = await this.unitOfWork.run(async () => {
      if (!(await this.pins.exchange(pin.id, this.clock.now()))) return null;
      await this.#tellOwner(account, description);
      return this.devices.signInWithin(account.id, description);
    }, 'reserve');
    return token === null ? null : { accountId: account.id, token };
  }

  /** A device that was let in but has not signed in yet does not outlive the password (S-13). In a unit of work. */
  async endConfirmedWithin(accountId: AccountId): Promise<void> {
    await this.pins.removeOf(accountId);
  }

  async forgetExpired(): Promise<void> {
    const before = this.clock.now() - EXPIRED_SHOWN_MS;
    const unused = await this.unitOfWork.run(() => this.pins.removeExpiredBefore(before));
    pinSteps.count({ step: 'expired' }, unused);
  }

  /** A device that was let in without a password being typed on it is worth a mail (S-44). */
  #tellOwner({ userName, email }: Account, { app, name }: DeviceDescription): Promise<void> {
    return this.outbox.post({ kind: 'new-device', userName, app, deviceName: name }, email);
  }

  async #create(device: Pick<Pin, 'deviceId' | 'app' | 'network'>, handle: string): Promise<string> {
    await this.unitOfWork.exclusive(`pins of ${device.network}`);
    const now = this.clock.now();
    const live = await this.pins.countLive(device.network, now);
    if (live >= this.config.pinsLive && this.config.limits === 'on') throw this.#tooManyPins();
    const code = await this.#freshCode();
    await this.pins.add({
      ...device,
      id: this.random.hex(16),
      codeMac: this.#mac(code),
      handleDigest: digestOf(handle),
      state: 'pending',
      accountId: null,
      createdAt: now,
      expiresAt: now + this.config.pinTtl,
    });
    await this.audit.record({ kind: 'pin-made', outcome: 'ok', detail: device.app });
    return code;
  }

  async #freshCode(): Promise<string> {
    for (;;) {
      const code = newCode(this.random);
      if (!(await this.pins.findByCode(this.#mac(code)))) return code;
    }
  }

  /**
   * By handle from anywhere; by the device's own id only from the network that made the PIN: apps such as Roku's never
   * learn the handle, and such ids can be guessed (S-41, W2).
   */
  async #find({ code, deviceId, network }: PinInHand): Promise<StoredPin | null> {
    const typed = typedCode(code);
    const pin = typed === null ? null : await this.pins.findByCode(this.#mac(typed));
    if (!pin) return null;
    const hasHandle = sameDigest(digestOf(deviceId), pin.handleDigest);
    return hasHandle || (pin.deviceId === deviceId && pin.network === network) ? pin : null;
  }

  #rulePerMinute(bucket: string, key: string, limit: number): Rule {
    return { bucket, key, limit, windowMs: MINUTE };
  }

  #tooManyPins(): DomainError {
    const message = 'Too many PINs are waiting. Try again in a few minutes.';
    const retryAfterSeconds = around(this.random, 120);
    return new DomainError('rate-limited', 'too-many-pins', message, { retryAfterSeconds });
  }

  #mac(code: string): string {
    return macOf(this.ring, code);
  }
}

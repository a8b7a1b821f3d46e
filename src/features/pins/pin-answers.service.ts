import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { KeyRing } from '../../platform/crypto/key-ring.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Limiter, type Rule } from '../../platform/limits/limiter.js';
import { Clock, DAY, HOUR, MINUTE } from '../../shared/clock.js';
import type { AccountId } from '../../shared/ids.js';
import { AuditTrail } from '../audit/index.js';
import { CodeKeepers, type WaitingDevice } from './code-keepers.js';
import { hasExpired, macOf, pinUnknown, typedCode } from './pin.js';
import { PinsRepository, type StoredPin } from './pins.repository.js';

/** What the person must see before confirming (S-44). */
export interface PinToConfirm {
  readonly app: string;
  readonly deviceId: string;
  readonly ageMs: number;
  readonly sameNetwork: boolean;
  /** What the app may do; empty where it simply signs in. */
  readonly scopes: readonly string[];
}

type Find = (code: string) => Promise<WaitingDevice | null>;

/** What people answer to a device that shows a code: a PIN, or a code of another keeper. */
@Injectable()
export class PinAnswers {
  constructor(
    private readonly pins: PinsRepository,
    private readonly keepers: CodeKeepers,
    private readonly audit: AuditTrail,
    private readonly ring: KeyRing,
    private readonly limiter: Limiter,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  /** What stands behind a typed code, for the person to check. Counts as a try (S-43). @throws as `confirm` */
  async describe(typed: string, accountId: AccountId, network: string): Promise<PinToConfirm> {
    const device = await this.#guess(typed, accountId, network);
    if (device.confirmedBy !== null) throw pinUnknown();
    const { app, deviceId, createdAt, scopes } = device;
    const sameNetwork = device.network === network;
    return { app, deviceId, ageMs: this.clock.now() - createdAt, sameNetwork, scopes };
  }

  /**
   * The person lets the device in, once (S-42). Once more by the same person changes nothing: a button is easily pressed
   * twice.
   *
   * @throws DomainError not-found (wrong, expired and used alike, S-34), rate-limited after wrong ones (S-43)
   */
  async confirm(typed: string, accountId: AccountId, network: string): Promise<void> {
    const find: Find = (code) => this.#find(code);
    await this.#confirm(typed, { accountId, network, find });
  }

  /** The same from an app, which shows nobody what another app may do: PINs of the wire protocol only (S-44). */
  async confirmPin(typed: string, accountId: AccountId, network: string): Promise<void> {
    const find: Find = (code) => this.#findPin(code);
    await this.#confirm(typed, { accountId, network, find });
  }

  /** The person sends the device away. @throws as `confirm` */
  async decline(typed: string, accountId: AccountId, network: string): Promise<void> {
    const device = await this.#guess(typed, accountId, network);
    await this.unitOfWork.run(async () => {
      if (!(await device.decline(accountId))) throw pinUnknown();
      await this.audit.record({ kind: 'pin-confirmed', outcome: 'refused', accountId, detail: device.app });
    });
  }

  async #confirm(
    typed: string,
    { accountId, network, find }: { accountId: AccountId; network: string; find: Find },
  ): Promise<void> {
    const device = await this.#guess(typed, accountId, network, find);
    if (device.confirmedBy === accountId) return;
    const code = typedCode(typed) ?? '';
    await this.unitOfWork.run(async () => {
      if (!(await device.confirm(accountId))) {
        if ((await find(code))?.confirmedBy === accountId) return;
        throw pinUnknown();
      }
      await this.audit.record({ kind: 'pin-confirmed', outcome: 'ok', accountId, detail: device.app });
    });
  }

  /**
   * A device that waits for somebody, or that this person has let in. Counted before it is looked at, once for all
   * kinds of codes, and given back if it was right (S-20, S-43).
   */
  async #guess(
    typed: string,
    accountId: AccountId,
    network: string,
    find: Find = (code) => this.#find(code),
  ): Promise<WaitingDevice> {
    const rules = this.#guessRules(accountId, network);
    await this.limiter.take(rules);
    const code = typedCode(typed);
    const device = code === null ? null : await find(code);
    if (!device || (device.confirmedBy !== null && device.confirmedBy !== accountId)) throw pinUnknown();
    await this.limiter.refund(rules);
    return device;
  }

  async #find(code: string): Promise<WaitingDevice | null> {
    return (await this.#findPin(code)) ?? (await this.keepers.find(code));
  }

  async #findPin(code: string): Promise<WaitingDevice | null> {
    const pin = await this.pins.findByCode(macOf(this.ring, code));
    if (!pin || hasExpired(pin, this.clock.now()) || pin.state === 'exchanged') return null;
    return this.#waiting(pin);
  }

  #waiting(pin: StoredPin): WaitingDevice {
    const { app, deviceId, network, createdAt } = pin;
    return {
      app,
      deviceId,
      network,
      createdAt,
      scopes: [],
      confirmedBy: pin.state === 'confirmed' ? pin.accountId : null,
      confirm: (accountId) => this.pins.confirm(pin.id, accountId, this.clock.now()),
      decline: () => this.pins.remove(pin.id),
    };
  }

  #guessRules(accountId: AccountId, network: string): Rule[] {
    const { pinWrongAccount, pinWrongAccountDay, pinWrongNetworkHour } = this.config;
    return [
      {
        bucket: 'pin-guess-account-10-minutes',
        key: accountId,
        limit: pinWrongAccount,
        windowMs: 10 * MINUTE,
      },
      { bucket: 'pin-guess-account-day', key: accountId, limit: pinWrongAccountDay, windowMs: DAY },
      { bucket: 'pin-guess-network-hour', key: network, limit: pinWrongNetworkHour, windowMs: HOUR },
    ];
  }
}

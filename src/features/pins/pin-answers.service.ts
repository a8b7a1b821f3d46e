import { Injectable } from '@nestjs/common';
import { KeyRing } from '../../platform/crypto/key-ring.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Clock } from '../../shared/clock.js';
import { wideNetworkAround } from '../../shared/network.js';
import { AuditTrail } from '../audit/index.js';
import { CodeKeepers, type WaitingDevice } from './code-keepers.js';
import { PinGuesses, type PinTyper } from './pin-guesses.service.js';
import { hasExpired, macOf, nearness, pinUnknown, typedCode, type Nearness } from './pin.js';
import { countingStops, pinSteps } from './pin-metrics.js';
import { PinsRepository, type StoredPin } from './pins.repository.js';

/** What the person must see before confirming (S-44). */
export interface PinToConfirm {
  readonly app: string;
  readonly deviceId: string;
  readonly ageMs: number;
  /** Of the device and whoever types the PIN. */
  readonly nearness: Nearness;
  /** The wider network that the device is in, such as `198.51.100.0/24`. */
  readonly wideNetwork: string;
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
    private readonly guesses: PinGuesses,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Whether this person has to give the password before a PIN: it is guessed at all over the broker (S-43). */
  async asksForPassword({ isFresh }: Pick<PinTyper, 'isFresh'>): Promise<boolean> {
    return !isFresh && (await this.guesses.isOnGuard());
  }

  /** What stands behind a typed code, for the person to check. Counts as a try (S-43). @throws as `confirm` */
  async describe(typed: string, typer: PinTyper): Promise<PinToConfirm> {
    const device = await countingStops(() => this.#guess(typed, typer));
    if (device.confirmedBy !== null) throw pinUnknown();
    const { app, deviceId, createdAt, network, scopes } = device;
    const place = { nearness: nearness(network, typer.network), wideNetwork: wideNetworkAround(network) };
    return { app, deviceId, ageMs: this.clock.now() - createdAt, ...place, scopes };
  }

  /**
   * The person lets the device in, once (S-42). Once more by the same person changes nothing: a button is easily pressed
   * twice.
   *
   * @throws DomainError not-found (wrong, expired and used alike, S-34), rate-limited after wrong ones (S-43), of which
   * `pin-password-first` ends by giving the password
   */
  async confirm(typed: string, typer: PinTyper): Promise<void> {
    await countingStops(() => this.#confirm(typed, typer, (code) => this.#find(code)));
  }

  /** The same from an app, which shows nobody what another app may do: PINs of the wire protocol only (S-44). */
  async confirmPin(typed: string, typer: PinTyper): Promise<void> {
    await countingStops(() => this.#confirm(typed, typer, (code) => this.#findPin(code)));
  }

  /** The person sends the device away. @throws as `confirm` */
  async decline(typed: string, typer: PinTyper): Promise<void> {
    await countingStops(() => this.#decline(typed, typer));
    pinSteps.count({ step: 'declined' });
  }

  async #decline(typed: string, typer: PinTyper): Promise<void> {
    const { accountId } = typer;
    const device = await this.#guess(typed, typer);
    await this.unitOfWork.run(async () => {
      if (!(await device.decline(accountId))) throw pinUnknown();
      await this.audit.record({ kind: 'pin-declined', outcome: 'ok', accountId, detail: device.app });
    });
  }

  async #confirm(typed: string, typer: PinTyper, find: Find): Promise<void> {
    const { accountId } = typer;
    const device = await this.#guess(typed, typer, find);
    if (device.confirmedBy === accountId) return;
    const code = typedCode(typed) ?? '';
    await this.unitOfWork.run(async () => {
      if (!(await device.confirm(accountId))) {
        if ((await find(code))?.confirmedBy === accountId) return;
        throw pinUnknown();
      }
      await this.audit.record({ kind: 'pin-confirmed', outcome: 'ok', accountId, detail: device.app });
      this.unitOfWork.afterCommit(() => pinSteps.count({ step: 'confirmed' }));
    }, 'reserve');
  }

  /**
   * A device that waits for somebody, or that this person has let in. Counted before it is looked at, once for all
   * kinds of codes, and given back if it was right (S-20, S-43).
   */
  async #guess(
    typed: string,
    typer: PinTyper,
    find: Find = (code) => this.#find(code),
  ): Promise<WaitingDevice> {
    const guess = await this.guesses.begin(typer);
    const code = typedCode(typed);
    const device = code === null ? null : await find(code);
    if (!device || (device.confirmedBy !== null && device.confirmedBy !== typer.accountId)) {
      pinSteps.count({ step: 'wrong' });
      await this.audit.record({ kind: 'pin-confirmed', outcome: 'refused', accountId: typer.accountId });
      throw pinUnknown();
    }
    await this.guesses.right(guess);
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
}

import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Jobs } from '../../platform/jobs/jobs.service.js';
import { Stamps } from '../../platform/jobs/stamps.js';
import { Clock, HOUR } from '../../shared/clock.js';
import type { AccountId } from '../../shared/ids.js';
import { Random } from '../../shared/random.js';
import { AccountsService, type Account } from '../accounts/index.js';
import { AuditTrail } from '../audit/index.js';
import { MailOutbox, type Mail } from '../mail/index.js';
import { label } from '../sessions/index.js';
import { endOf, type AppDescription, type AppLifetimes, type AppSignIn } from './app-sign-in.js';
import { AppSignInsRepository } from './app-sign-ins.repository.js';

/** Apps and sites that people have let in. When one ends, its codes and tokens end at that moment (S-62). */
@Injectable()
export class AppSignIns {
  readonly #stamps: Stamps<string>;

  constructor(
    private readonly signIns: AppSignInsRepository,
    private readonly accounts: AccountsService,
    private readonly outbox: MailOutbox,
    private readonly audit: AuditTrail,
    private readonly unitOfWork: UnitOfWork,
    jobs: Jobs,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly config: Config,
  ) {
    this.#stamps = new Stamps(jobs, 'mark apps used', (stamped) =>
      unitOfWork.run(() => signIns.markUsed(stamped)),
    );
  }

  /**
   * Begins a sign-in; inside a unit of work. One too many ends the one idle longest (S-15); where a device was let in,
   * the owner is told (S-44).
   */
  async beginWithin(description: AppDescription): Promise<AppSignIn> {
    const { accountId } = description;
    await this.unitOfWork.exclusive(`app-sign-ins:${accountId}`);
    const others = await this.signIns.of(accountId);
    const surplus = others.slice(0, Math.max(0, others.length + 1 - this.config.devicesPerAccount));
    for (const idle of surplus) await this.#endSurplus(idle);
    const now = this.clock.now();
    const signIn: AppSignIn = {
      ...description,
      id: this.random.hex(16),
      appName: label(description.appName),
      deviceName: label(description.deviceName),
      createdAt: now,
      lastUsedAt: now,
    };
    await this.signIns.add(signIn);
    await this.#record('app-signed-in', signIn);
    if (signIn.deviceName !== '') await this.#tell('new-device', signIn);
    return signIn;
  }

  /** A live sign-in, or null: ended, expired, never was. Read anew each time (S-62). */
  async find(id: string): Promise<AppSignIn | null> {
    const signIn = await this.signIns.find(id);
    return signIn && this.isAlive(signIn) ? signIn : null;
  }

  /** The live sign-ins of an account, the one used last first (S-14). */
  async of(accountId: AccountId): Promise<AppSignIn[]> {
    return (await this.signIns.of(accountId)).filter((signIn) => this.isAlive(signIn)).reverse();
  }

  /** The live ones among these. */
  async liveAmong(ids: readonly string[]): Promise<AppSignIn[]> {
    return (await this.signIns.among(ids)).filter((signIn) => this.isAlive(signIn));
  }

  /** The person ends one of their apps. @returns false if there is no such (S-61) */
  async end(id: string, accountId: AccountId): Promise<boolean> {
    return this.unitOfWork.run(async () => {
      const signIn = await this.signIns.find(id);
      if (signIn?.accountId !== accountId) return false;
      await this.#remove(signIn);
      return true;
    });
  }

  /** Ends a sign-in for any reason but surplus; inside a unit of work. */
  async endWithin(id: string): Promise<void> {
    const signIn = await this.signIns.find(id);
    if (signIn) await this.#remove(signIn);
  }

  /** A refresh token came a second time, too late: whoever has it is not alone (S-12). Inside a unit of work. */
  async endReusedWithin(signIn: AppSignIn): Promise<void> {
    await this.signIns.remove(signIn.id);
    await this.#record('refresh-token-reused', signIn, 'refused');
    await this.#tell('token-reused', signIn);
  }

  /** Ends all of an account; inside a unit of work (S-13). */
  async endAllWithin(accountId: AccountId): Promise<void> {
    await this.signIns.removeOf(accountId);
  }

  /** The person has allowed more to an app that was let in already; inside a unit of work. */
  async allowWithin(id: string, scopes: readonly string[]): Promise<void> {
    await this.signIns.setScopes(id, scopes);
  }

  /** Inside a unit of work that writes anyway. */
  async markUsedWithin(id: string): Promise<void> {
    await this.signIns.markUsed([[id, this.clock.now()]]);
  }

  /**
   * Beside the request, at most once an hour: nobody waits for a stamp, nor fails because of it.
   *
   * @returns the sign-in as it will be
   */
  markUsed(signIn: AppSignIn): AppSignIn {
    const now = this.clock.now();
    if (now - signIn.lastUsedAt < HOUR) return signIn;
    this.#stamps.add(signIn.id, now);
    return { ...signIn, lastUsedAt: now };
  }

  /** Until when it is alive and `markUsed` leaves it as it is. */
  isUnchangedUntil(signIn: AppSignIn): number {
    return Math.min(endOf(signIn, this.#lifetimes), signIn.lastUsedAt + HOUR);
  }

  /** Whether its time has not run out. */
  isAlive(signIn: AppSignIn): boolean {
    return this.clock.now() < endOf(signIn, this.#lifetimes);
  }

  async forgetExpired(): Promise<void> {
    await this.unitOfWork.run(() => this.signIns.removeExpired(this.#lifetimes, this.clock.now()));
  }

  get #lifetimes(): AppLifetimes {
    return { idle: this.config.appIdleTtl, absolute: this.config.appTtl };
  }

  async #remove(signIn: AppSignIn): Promise<void> {
    await this.signIns.remove(signIn.id);
    await this.#record('app-ended', signIn);
  }

  /** One app too many (S-15): the person is told which one had to go. */
  async #endSurplus(signIn: AppSignIn): Promise<void> {
    await this.#remove(signIn);
    await this.#tell('device-ended', signIn);
  }

  async #record(
    kind: 'app-signed-in' | 'app-ended' | 'refresh-token-reused',
    { accountId, appName }: AppSignIn,
    outcome: 'ok' | 'refused' = 'ok',
  ): Promise<void> {
    await this.audit.record({ kind, outcome, accountId, detail: appName });
  }

  async #tell(kind: AppMail, { accountId, appName, deviceName }: AppSignIn): Promise<void> {
    const account: Account | null = await this.accounts.find(accountId);
    if (!account) return;
    const mail: Mail = { kind, userName: account.userName, app: appName, deviceName };
    await this.outbox.post(mail, account.email);
  }
}

type AppMail = 'new-device' | 'device-ended' | 'token-reused';

import { Injectable } from '@nestjs/common';
import { In, IsNull, LessThan, MoreThan } from 'typeorm';
import { Changes } from '../../platform/changes/changes.js';
import type { LookUp, Statement } from '../../platform/database/look-up.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { AccountId } from '../../shared/ids.js';
import { soon, type Soon } from '../../shared/soon.js';
import { accountIn, BY_EMAIL, BY_ID, BY_USER_NAME } from './account-rows.js';
import {
  comparable,
  skeletonOf,
  type AccountWithVerifiers,
  type Findable,
  type TokenPurpose,
} from './account.js';
import {
  AccountEntity,
  AccountTokenEntity,
  HeldAddressEntity,
  IssuedAccountIdEntity,
} from './account.entity.js';

export type LiveToken = Pick<AccountTokenEntity, 'accountId' | 'email' | 'expiresAt'>;
export type NewToken = Omit<AccountTokenEntity, 'usedAt'>;
type Verifiers = Pick<AccountWithVerifiers, 'passwordHash' | 'legacyHash'>;

const ONE_FAILURE_MORE = 'UPDATE accounts SET failed_sign_ins = failed_sign_ins + 1 WHERE id = $1';

@Injectable()
export class AccountsRepository {
  readonly #byId: LookUp;
  readonly #byUserName: LookUp;
  readonly #byEmail: LookUp;
  readonly #writeFailure: Statement;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly changes: Changes,
  ) {
    this.#byId = unitOfWork.prepare(BY_ID);
    this.#byUserName = unitOfWork.prepare(BY_USER_NAME);
    this.#byEmail = unitOfWork.prepare(BY_EMAIL);
    this.#writeFailure = unitOfWork.statement(ONE_FAILURE_MORE);
  }

  /** At once on SQLite, as the other look-ups of one account. */
  find(id: AccountId): Soon<AccountWithVerifiers | null> {
    return soon(this.#byId(id), accountIn);
  }

  async activeAmong(ids: readonly AccountId[]): Promise<AccountId[]> {
    const active = { id: In([...new Set(ids)]), state: 'active' as const };
    const rows = await this.unitOfWork.reading.find(AccountEntity, { select: { id: true }, where: active });
    return rows.map(({ id }) => id);
  }

  findByUserName(userName: string): Soon<AccountWithVerifiers | null> {
    return soon(this.#byUserName(comparable(userName)), accountIn);
  }

  /** By e-mail address when there is an `@`, which no user name has (Q13), else by user name. */
  findByIdentifier(identifier: string): Soon<AccountWithVerifiers | null> {
    return identifier.includes('@') ? this.findByEmail(identifier) : this.findByUserName(identifier);
  }

  /** The account whose name looks like this one, or is it (S-103). */
  findLookalike(userName: string): Promise<AccountWithVerifiers | null> {
    return this.unitOfWork.reading.findOneBy(AccountEntity, { userNameSkeleton: skeletonOf(userName) });
  }

  findByEmail(email: string): Soon<AccountWithVerifiers | null> {
    return soon(this.#byEmail(comparable(email)), accountIn);
  }

  hasOperator(): Promise<boolean> {
    return this.unitOfWork.reading.existsBy(AccountEntity, { role: 'operator' });
  }

  /** @returns false if the id was given out before, to whomever */
  async claimId(id: AccountId): Promise<boolean> {
    const { reading, writing } = this.unitOfWork;
    if (await reading.existsBy(IssuedAccountIdEntity, { id })) return false;
    await writing.insert(IssuedAccountIdEntity, { id });
    return true;
  }

  async add(account: AccountWithVerifiers): Promise<void> {
    await this.unitOfWork.writing.insert(AccountEntity, {
      ...account,
      userNameKey: comparable(account.userName),
      userNameSkeleton: skeletonOf(account.userName),
      emailKey: comparable(account.email),
      verifiedAt: null,
    });
  }

  async remove(id: AccountId): Promise<void> {
    await this.unitOfWork.writing.delete(AccountEntity, { id });
    this.changes.note('account', id);
  }

  /** @returns how many were still unconfirmed that long */
  async removeUnverifiedBefore(createdBefore: number): Promise<number> {
    const gone = { state: 'unverified' as const, createdAt: LessThan(createdBefore) };
    return (await this.unitOfWork.writing.delete(AccountEntity, gone)).affected ?? 0;
  }

  /** @returns false if the account was not waiting for it */
  async verify(id: AccountId, verifiedAt: number): Promise<boolean> {
    const change = { state: 'active' as const, verifiedAt };
    const result = await this.unitOfWork.writing.update(AccountEntity, { id, state: 'unverified' }, change);
    this.changes.note('account', id);
    return result.affected === 1;
  }

  async countFailedSignIn(id: AccountId): Promise<void> {
    await this.#writeFailure([id]);
  }

  async clearFailedSignIns(id: AccountId): Promise<void> {
    await this.unitOfWork.writing.update(AccountEntity, { id }, { failedSignIns: 0 });
  }

  async setFindable(id: AccountId, { findableByName, findableByEmail }: Findable): Promise<void> {
    await this.unitOfWork.writing.update(AccountEntity, { id }, { findableByName, findableByEmail });
  }

  async setEmail(id: AccountId, email: string): Promise<void> {
    await this.unitOfWork.writing.update(AccountEntity, { id }, { email, emailKey: comparable(email) });
    this.changes.note('account', id);
  }

  /** Whether an address was given up lately by somebody else than this account (S-39). */
  async isHeld(email: string, now: number, by?: AccountId): Promise<boolean> {
    const held = await this.unitOfWork.reading.findOneBy(HeldAddressEntity, { emailKey: comparable(email) });
    return held !== null && held.until > now && held.accountId !== by;
  }

  async hold(email: string, accountId: AccountId, until: number): Promise<void> {
    await this.unitOfWork.writing.upsert(
      HeldAddressEntity,
      { emailKey: comparable(email), accountId, until },
      ['emailKey'],
    );
  }

  async releaseAddressesBefore(time: number): Promise<void> {
    await this.unitOfWork.writing.delete(HeldAddressEntity, { until: LessThan(time) });
  }

  /** No password fits any more until a new one is set. */
  async makePasswordUnusable(id: AccountId): Promise<void> {
    await this.unitOfWork.writing.update(AccountEntity, { id }, { passwordHash: '', legacyHash: null });
    this.changes.note('account', id);
  }

  async setPassword(id: AccountId, verifiers: Verifiers): Promise<void> {
    await this.unitOfWork.writing.update(AccountEntity, { id }, verifiers);
    this.changes.note('account', id);
  }

  /** Stores new verifiers, unless the password was changed since `account` was read. */
  async replacePassword(account: AccountWithVerifiers, verifiers: Verifiers): Promise<void> {
    const unchanged = { id: account.id, passwordHash: account.passwordHash };
    await this.unitOfWork.writing.update(AccountEntity, unchanged, verifiers);
  }

  async addToken(token: NewToken): Promise<void> {
    await this.unitOfWork.writing.insert(AccountTokenEntity, { ...token, usedAt: null });
  }

  /** A live token of that purpose, and whose it is. */
  async findToken(purpose: TokenPurpose, digest: string, now: number): Promise<LiveToken | null> {
    const live = { digest, purpose, usedAt: IsNull(), expiresAt: MoreThan(now) };
    return this.unitOfWork.reading.findOneBy(AccountTokenEntity, live);
  }

  /** Uses a live token up. @returns null if it was used, too old, or somebody else was first (R-17, S-36) */
  async useToken(purpose: TokenPurpose, digest: string, now: number): Promise<LiveToken | null> {
    const token = await this.findToken(purpose, digest, now);
    const live = { digest, purpose, usedAt: IsNull(), expiresAt: MoreThan(now) };
    const result = await this.unitOfWork.writing.update(AccountTokenEntity, live, { usedAt: now });
    return result.affected === 1 ? token : null;
  }

  /** Ends tokens that were mailed for this account. */
  async removeTokens(accountId: AccountId, purposes: readonly TokenPurpose[]): Promise<void> {
    await this.unitOfWork.writing.delete(AccountTokenEntity, { accountId, purpose: In([...purposes]) });
  }

  /** Ends the tokens for one purpose that were made after one that ends at that time. */
  async removeTokensAfter(accountId: AccountId, purpose: TokenPurpose, expiresAt: number): Promise<void> {
    const later = { accountId, purpose, expiresAt: MoreThan(expiresAt) };
    await this.unitOfWork.writing.delete(AccountTokenEntity, later);
  }

  async removeTokensExpiredBefore(time: number): Promise<void> {
    await this.unitOfWork.writing.delete(AccountTokenEntity, { expiresAt: LessThan(time) });
  }
}

import { Injectable } from '@nestjs/common';
import { IsNull, LessThan, MoreThan } from 'typeorm';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { AccountId } from '../../shared/ids.js';
import { comparable, type AccountWithVerifiers } from './account.js';
import { AccountEntity, AccountTokenEntity, IssuedAccountIdEntity } from './account.entity.js';

type Verifiers = Pick<AccountWithVerifiers, 'passwordHash' | 'legacyHash'>;

@Injectable()
export class AccountsRepository {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  find(id: AccountId): Promise<AccountWithVerifiers | null> {
    return this.unitOfWork.reading.findOneBy(AccountEntity, { id });
  }

  findByUserName(userName: string): Promise<AccountWithVerifiers | null> {
    return this.unitOfWork.reading.findOneBy(AccountEntity, { userNameKey: comparable(userName) });
  }

  findByEmail(email: string): Promise<AccountWithVerifiers | null> {
    return this.unitOfWork.reading.findOneBy(AccountEntity, { emailKey: comparable(email) });
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
      emailKey: comparable(account.email),
      verifiedAt: null,
    });
  }

  async remove(id: AccountId): Promise<void> {
    await this.unitOfWork.writing.delete(AccountEntity, { id });
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
    return result.affected === 1;
  }

  /** Stores new verifiers, unless the password was changed since `account` was read. */
  async replacePassword(account: AccountWithVerifiers, verifiers: Verifiers): Promise<void> {
    const unchanged = { id: account.id, passwordHash: account.passwordHash };
    await this.unitOfWork.writing.update(AccountEntity, unchanged, verifiers);
  }

  async addVerifyToken(accountId: AccountId, digest: string, expiresAt: number): Promise<void> {
    const token = { digest, accountId, purpose: 'verify' as const, expiresAt, usedAt: null };
    await this.unitOfWork.writing.insert(AccountTokenEntity, token);
  }

  /** The account that a live token belongs to. */
  async findByVerifyToken(digest: string, now: number): Promise<AccountWithVerifiers | null> {
    const live = { digest, purpose: 'verify' as const, usedAt: IsNull(), expiresAt: MoreThan(now) };
    const token = await this.unitOfWork.reading.findOneBy(AccountTokenEntity, live);
    return token && this.find(token.accountId);
  }

  /** @returns false if somebody else was first */
  async useVerifyToken(digest: string, now: number): Promise<boolean> {
    const live = { digest, purpose: 'verify' as const, usedAt: IsNull(), expiresAt: MoreThan(now) };
    return (await this.unitOfWork.writing.update(AccountTokenEntity, live, { usedAt: now })).affected === 1;
  }

  async removeTokensExpiredBefore(time: number): Promise<void> {
    await this.unitOfWork.writing.delete(AccountTokenEntity, { expiresAt: LessThan(time) });
  }
}

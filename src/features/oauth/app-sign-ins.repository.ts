import { Injectable } from '@nestjs/common';
import { In, LessThan } from 'typeorm';
import { Changes } from '../../platform/changes/changes.js';
import type { Statement } from '../../platform/database/look-up.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { Stamped } from '../../platform/jobs/stamps.js';
import type { AccountId } from '../../shared/ids.js';
import type { AppLifetimes, AppSignIn } from './app-sign-in.js';
import { AppSignInEntity } from './app-sign-in.entity.js';

const STAMP = 'UPDATE app_sign_ins SET last_used_at = $1 WHERE id = $2';

@Injectable()
export class AppSignInsRepository {
  readonly #writeStamp: Statement;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly changes: Changes,
  ) {
    this.#writeStamp = unitOfWork.statement(STAMP);
  }

  async find(id: string): Promise<AppSignIn | null> {
    return ofRow(await this.unitOfWork.reading.findOneBy(AppSignInEntity, { id }));
  }

  /** The one idle longest first. */
  async of(accountId: AccountId): Promise<AppSignIn[]> {
    const rows = await this.unitOfWork.reading.find(AppSignInEntity, {
      where: { accountId },
      order: { lastUsedAt: 'ASC', id: 'ASC' },
    });
    return rows.map(signInOf);
  }

  async among(ids: readonly string[]): Promise<AppSignIn[]> {
    return (await this.unitOfWork.reading.findBy(AppSignInEntity, { id: In([...new Set(ids)]) })).map(
      signInOf,
    );
  }

  async add(signIn: AppSignIn): Promise<void> {
    await this.unitOfWork.writing.insert(AppSignInEntity, { ...signIn, scopes: signIn.scopes.join(' ') });
  }

  async setScopes(id: string, scopes: readonly string[]): Promise<void> {
    await this.unitOfWork.writing.update(AppSignInEntity, { id }, { scopes: scopes.join(' ') });
    await this.#note({ id });
  }

  async markUsed(stamped: Stamped<string>): Promise<void> {
    for (const [id, lastUsedAt] of stamped) await this.#writeStamp([lastUsedAt, id]);
  }

  /** What belongs to it goes with it. @returns false if there is none */
  async remove(id: string): Promise<boolean> {
    await this.#note({ id });
    return (await this.unitOfWork.writing.delete(AppSignInEntity, { id })).affected === 1;
  }

  async removeOf(accountId: AccountId): Promise<void> {
    await this.unitOfWork.writing.delete(AppSignInEntity, { accountId });
    this.changes.note('account', accountId);
  }

  async removeOfClient(clientId: string): Promise<void> {
    await this.#note({ clientId });
    await this.unitOfWork.writing.delete(AppSignInEntity, { clientId });
  }

  async removeExpired({ idle, absolute }: AppLifetimes, now: number): Promise<void> {
    const { writing } = this.unitOfWork;
    await writing.delete(AppSignInEntity, { lastUsedAt: LessThan(now - idle) });
    await writing.delete(AppSignInEntity, { createdAt: LessThan(now - absolute) });
  }

  /** Whose they are hears of it: streams of the API end with the sign-in (S-13). */
  async #note(which: { id: string } | { clientId: string }): Promise<void> {
    const rows = await this.unitOfWork.reading.find(AppSignInEntity, { where: which });
    for (const { accountId } of rows) this.changes.note('account', accountId);
  }
}

function ofRow(row: AppSignInEntity | null): AppSignIn | null {
  return row && signInOf(row);
}

function signInOf({ scopes, ...row }: AppSignInEntity): AppSignIn {
  return { ...row, scopes: scopes.split(' ') };
}

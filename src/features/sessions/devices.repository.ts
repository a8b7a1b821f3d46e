import { Injectable } from '@nestjs/common';
import { LessThan } from 'typeorm';
import { Changes } from '../../platform/changes/changes.js';
import type { Count, LookUp, Statement } from '../../platform/database/look-up.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { Stamped } from '../../platform/jobs/stamps.js';
import type { AccountId, DeviceId } from '../../shared/ids.js';
import { soon, type Soon } from '../../shared/soon.js';
import type { Device, Lifetimes } from './device.js';
import { signedIn, signInOf, type SignedInColumns, type StoredSignIn } from './device-rows.js';
import { DeviceTokenEntity } from './device-token.entity.js';

const COUNT = 'SELECT count(*) AS count FROM device_tokens WHERE account_id = $1';

const ADD = `
  INSERT INTO device_tokens (id, digest, account_id, app, name, network, created_at, last_used_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`;

const STAMP = 'UPDATE device_tokens SET last_used_at = $1 WHERE id = $2';

@Injectable()
export class DevicesRepository {
  readonly #signedIn: LookUp;
  readonly #count: Count;
  readonly #writeDevice: Statement;
  readonly #writeStamp: Statement;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly changes: Changes,
  ) {
    this.#signedIn = unitOfWork.prepare(signedIn());
    this.#count = unitOfWork.counting(COUNT);
    this.#writeDevice = unitOfWork.statement(ADD);
    this.#writeStamp = unitOfWork.statement(STAMP);
  }

  /** Outside every unit of work; at once on SQLite. */
  findByDigest(digest: string): Soon<StoredSignIn | null> {
    return soon(this.#signedIn(digest), (json) =>
      json === undefined ? null : signInOf(JSON.parse(json) as SignedInColumns),
    );
  }

  /** The one idle longest first. */
  of(accountId: AccountId): Promise<Device[]> {
    return this.unitOfWork.reading.find(DeviceTokenEntity, {
      where: { accountId },
      order: { lastUsedAt: 'ASC' },
    });
  }

  count(accountId: AccountId): Promise<number> {
    return this.#count([accountId]);
  }

  async add(device: Device, digest: string): Promise<void> {
    const { id, accountId, app, name, network, createdAt, lastUsedAt } = device;
    await this.#writeDevice([id, digest, accountId, app, name, network, createdAt, lastUsedAt]);
  }

  async markUsed(stamped: Stamped<DeviceId>): Promise<void> {
    for (const [id, lastUsedAt] of stamped) await this.#writeStamp([lastUsedAt, id]);
  }

  async remove(id: DeviceId): Promise<void> {
    const device = await this.unitOfWork.reading.findOneBy(DeviceTokenEntity, { id });
    if (!device) return;
    await this.unitOfWork.writing.delete(DeviceTokenEntity, { id });
    this.changes.note('account', device.accountId);
  }

  async removeExpired({ idle, absolute }: Lifetimes, now: number): Promise<void> {
    const { writing } = this.unitOfWork;
    await writing.delete(DeviceTokenEntity, { lastUsedAt: LessThan(now - idle) });
    await writing.delete(DeviceTokenEntity, { createdAt: LessThan(now - absolute) });
  }
}

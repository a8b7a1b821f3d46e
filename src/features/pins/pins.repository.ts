import { Injectable } from '@nestjs/common';
import { LessThan, MoreThan } from 'typeorm';
import type { Count, LookUp, Statement } from '../../platform/database/look-up.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { AccountId } from '../../shared/ids.js';
import { soon, type Soon } from '../../shared/soon.js';
import { PinEntity } from './pin.entity.js';
import type { Pin, PinState } from './pin.js';

export type StoredPin = Pin & Pick<PinEntity, 'codeMac' | 'handleDigest'>;

const COLUMNS = 'id, handle_digest, device_id, app, network, state, account_id, created_at, expires_at';
const BY_CODE = `SELECT code_mac, json_array(${COLUMNS}) AS found FROM pins WHERE code_mac = $1`;

type PinRow = readonly [
  id: string,
  handleDigest: string,
  deviceId: string,
  app: string,
  network: string,
  state: PinState,
  accountId: AccountId | null,
  createdAt: number,
  expiresAt: number,
];

const COUNT_LIVE = 'SELECT count(*) AS count FROM pins WHERE network = $1 AND expires_at > $2';
const ADD = `
  INSERT INTO pins (code_mac, ${COLUMNS})
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`;

@Injectable()
export class PinsRepository {
  readonly #byCode: LookUp;
  readonly #countLive: Count;
  readonly #write: Statement;

  constructor(private readonly unitOfWork: UnitOfWork) {
    this.#byCode = unitOfWork.prepare(BY_CODE);
    this.#countLive = unitOfWork.counting(COUNT_LIVE);
    this.#write = unitOfWork.statement(ADD);
  }

  /** At once on SQLite. */
  findByCode(codeMac: string): Soon<StoredPin | null> {
    return soon(this.#byCode(codeMac), (json) => (json === undefined ? null : pinOf(codeMac, json)));
  }

  countLive(network: string, now: number): Promise<number> {
    return this.#countLive([network, now]);
  }

  async add(pin: StoredPin): Promise<void> {
    const { id, codeMac, handleDigest, deviceId, app, network, state, accountId, createdAt, expiresAt } = pin;
    const times = [createdAt, expiresAt];
    await this.#write([codeMac, id, handleDigest, deviceId, app, network, state, accountId, ...times]);
  }

  /** @returns false if it is not pending any more, or too old (R-17, S-42) */
  async confirm(id: string, accountId: AccountId, now: number): Promise<boolean> {
    const pending = { id, state: 'pending' as const, expiresAt: MoreThan(now) };
    const change = { state: 'confirmed' as const, accountId };
    return (await this.unitOfWork.writing.update(PinEntity, pending, change)).affected === 1;
  }

  /** @returns false if somebody else was first, or it is too old (R-17, S-42) */
  async exchange(id: string, now: number): Promise<boolean> {
    const confirmed = { id, state: 'confirmed' as const, expiresAt: MoreThan(now) };
    return (
      (await this.unitOfWork.writing.update(PinEntity, confirmed, { state: 'exchanged' })).affected === 1
    );
  }

  /** Sends a waiting device away. @returns false if it does not wait any more */
  async remove(id: string): Promise<boolean> {
    const pending = { id, state: 'pending' as const };
    return (await this.unitOfWork.writing.delete(PinEntity, pending)).affected === 1;
  }

  /** Ends every PIN that somebody confirmed for this account. Inside a unit of work. */
  async removeOf(accountId: AccountId): Promise<void> {
    await this.unitOfWork.writing.delete(PinEntity, { accountId });
  }

  /** @returns how many of them were never exchanged */
  async removeExpiredBefore(time: number): Promise<number> {
    const expired = { expiresAt: LessThan(time) };
    await this.unitOfWork.writing.delete(PinEntity, { ...expired, state: 'exchanged' });
    return (await this.unitOfWork.writing.delete(PinEntity, expired)).affected ?? 0;
  }
}

function pinOf(codeMac: string, json: string): StoredPin {
  const [id, handleDigest, deviceId, app, network, state, accountId, createdAt, expiresAt] = JSON.parse(
    json,
  ) as PinRow;
  const times = { createdAt, expiresAt };
  return { codeMac, id, handleDigest, deviceId, app, network, state, accountId, ...times };
}

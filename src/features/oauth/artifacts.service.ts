import { Injectable } from '@nestjs/common';
import type { AdapterPayload } from 'oidc-provider';
import { Config } from '../../config/index.js';
import { digestOf } from '../../platform/crypto/digest.js';
import { KeyRing } from '../../platform/crypto/key-ring.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Clock, MINUTE, SECOND } from '../../shared/clock.js';
import type { AccountId } from '../../shared/ids.js';
import { ArtifactsRepository, type Artifact, type FreshArtifact } from './artifacts.repository.js';

/** A device whose code expired is told so for this long; then the code is unknown. */
const EXPIRED_SHOWN_MS = 10 * MINUTE;

/** What is found by its value alone and stands for somebody: the value is not even in the sealed payload (S-50). */
const BEARERS: ReadonlySet<string> = new Set([
  'AccessToken',
  'AuthorizationCode',
  'DeviceCode',
  'RefreshToken',
]);

/** A device code that waits for a person. */
export interface WaitingDevice {
  readonly digest: string;
  readonly payload: AdapterPayload;
  readonly expiresAt: number;
  /** Who has answered already. */
  readonly accountId: AccountId | null;
}

/** What the authorization server keeps: found by digest, sealed, each write a unit of work. */
@Injectable()
export class Artifacts {
  constructor(
    private readonly artifacts: ArtifactsRepository,
    private readonly ring: KeyRing,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  async put(kind: string, value: string, payload: AdapterPayload, ttlSeconds: number): Promise<void> {
    const artifact = this.#artifactOf(kind, value, payload, ttlSeconds);
    // The successor of a refresh token may be there already: an answer was lost (S-12).
    const isSuccessor = kind === 'RefreshToken';
    await this.unitOfWork.run(() =>
      isSuccessor ? this.artifacts.putIfAbsent(artifact) : this.artifacts.put(artifact),
    );
  }

  async find(kind: string, value: string): Promise<AdapterPayload | undefined> {
    const artifact = await this.artifacts.find(digestIn(kind, value));
    const payload = this.#opened(kind, artifact);
    return payload && { ...payload, jti: value };
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#opened('Session', await this.artifacts.findByUid(digestIn('uid', uid)));
  }

  /** A device code by what a person typed, whatever its state; null when it is unknown or too old. */
  async findDevice(userCode: string): Promise<WaitingDevice | null> {
    const artifact = await this.artifacts.findByUserCode(this.#userCodeMac(userCode));
    const payload = this.#opened('DeviceCode', artifact);
    if (!artifact || !payload || artifact.expiresAt <= this.clock.now()) return null;
    const { digest, expiresAt, accountId } = artifact;
    return { digest, payload, expiresAt, accountId };
  }

  /** Writes a person's answer to a waiting device, once; inside a unit of work. @returns false if it came too late */
  answerDevice(device: WaitingDevice, accountId: AccountId, payload: AdapterPayload): Promise<boolean> {
    const sealed = this.#sealed('DeviceCode', device.digest, payload);
    return this.artifacts.answer(device.digest, { accountId, sealed }, this.clock.now());
  }

  /** @returns false if it was consumed before */
  async consume(kind: string, value: string): Promise<boolean> {
    const digest = digestIn(kind, value);
    return this.unitOfWork.run(() => this.artifacts.consume(digest, this.clock.now()));
  }

  /** Makes requests with the same value take turns; inside a unit of work. */
  async exclusive(kind: string, value: string): Promise<void> {
    await this.unitOfWork.exclusive(`oauth:${digestIn(kind, value)}`);
  }

  async remove(kind: string, value: string): Promise<void> {
    await this.unitOfWork.run(() => this.artifacts.remove(digestIn(kind, value)));
  }

  async removeOfSignIn(signInId: string, kind: string): Promise<void> {
    await this.unitOfWork.run(() => this.artifacts.removeOfSignIn(signInId, kind));
  }

  /** Devices that were let in but have not signed in yet do not outlive the password (S-13). In a unit of work. */
  async endAnsweredWithin(accountId: AccountId): Promise<void> {
    await this.artifacts.removeOfAccount(accountId);
  }

  async forgetExpired(): Promise<void> {
    const before = this.clock.now() - EXPIRED_SHOWN_MS;
    await this.unitOfWork.run(() => this.artifacts.removeExpiredBefore(before));
  }

  #artifactOf(kind: string, value: string, payload: AdapterPayload, ttlSeconds: number): FreshArtifact {
    const digest = digestIn(kind, value);
    return {
      digest,
      kind,
      signInId: signInOf(kind, value, payload),
      accountId: kind === 'DeviceCode' ? ((payload.accountId ?? null) as AccountId | null) : null,
      userCodeMac: payload.userCode === undefined ? null : this.#userCodeMac(payload.userCode),
      uidDigest: kind === 'Session' && payload.uid !== undefined ? digestIn('uid', payload.uid) : null,
      sealed: this.#sealed(kind, digest, payload),
      expiresAt: this.clock.now() + ttlSeconds * SECOND,
    };
  }

  #sealed(kind: string, digest: string, { jti, ...payload }: AdapterPayload): string {
    const kept = BEARERS.has(kind) ? payload : { ...payload, jti };
    return this.ring.seal(JSON.stringify(kept), ['oauth', kind, digest]);
  }

  #opened(kind: string, artifact: Artifact | null): AdapterPayload | undefined {
    if (artifact?.kind !== kind) return undefined;
    const text = this.ring.open(artifact.sealed, ['oauth', kind, artifact.digest]);
    const payload = JSON.parse(text) as AdapterPayload;
    const { consumedAt } = artifact;
    if (consumedAt === null || this.#isLostAnswer(kind, consumedAt)) return payload;
    return { ...payload, consumed: Math.floor(consumedAt / SECOND) };
  }

  /**
   * A refresh token that was just used counts as unused: the answer may have been lost (S-12). Not so one that was used long
   * after now, before the clock was set back.
   */
  #isLostAnswer(kind: string, consumedAt: number): boolean {
    return kind === 'RefreshToken' && Math.abs(this.clock.now() - consumedAt) < this.config.refreshGrace;
  }

  #userCodeMac(userCode: string): string {
    return this.ring.mac('mac', `device code\n${userCode}`);
  }
}

function digestIn(kind: string, value: string): string {
  return digestOf(`${kind}\n${value}`);
}

/** What ends with the sign-in: its grant, its codes, its tokens. */
function signInOf(kind: string, value: string, { grantId }: AdapterPayload): string | null {
  if (kind === 'Grant') return value;
  return BEARERS.has(kind) ? (grantId ?? null) : null;
}

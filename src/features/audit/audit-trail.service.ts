import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { currentRequest } from '../../platform/http/request-context.js';
import { Log } from '../../platform/logging/log.js';
import { counter } from '../../platform/metrics/metrics.js';
import { Clock, DAY } from '../../shared/clock.js';
import type { AccountId, ServerId } from '../../shared/ids.js';
import { Random } from '../../shared/random.js';
import { AuditRepository, type LookupCount, type RecordedEvent } from './audit.repository.js';

/** What happened (S-130). */
const AUDIT_KINDS = [
  'account-opened',
  'account-confirmed',
  'confirmation-asked',
  'account-deleted',
  'sign-in',
  'sign-in-unlocked',
  'sign-out',
  'browser-signed-in',
  'device-signed-in',
  'device-ended',
  'app-signed-in',
  'app-ended',
  'client-added',
  'client-removed',
  'refresh-token-reused',
  'others-signed-out',
  'password-reset-asked',
  'password-changed',
  'address-change-asked',
  'address-changed',
  'address-reverted',
  'findability-changed',
  'account-exported',
  'pin-made',
  'pin-confirmed',
  'pin-declined',
  'pin-guard-raised',
  'server-registered',
  'server-changed',
  'server-identity-changed',
  'account-looked-up',
  'link-asked',
  'link-accepted',
  'link-rejected',
  'link-revoked',
  'server-blocked',
  'invitation-mailed',
] as const;
export type AuditKind = (typeof AUDIT_KINDS)[number];

export interface AuditEvent {
  readonly kind: AuditKind;
  readonly outcome: 'ok' | 'refused' | 'limited';
  readonly accountId?: AccountId;
  readonly serverId?: ServerId;
  /** For people: an app, a device, a server by name. Never a secret. */
  readonly detail?: string;
}

const events = counter({
  name: 'signpost_events_total',
  help: 'What is written into the audit trail: accounts opened, devices and apps signed in and ended, PINs made and confirmed, servers registered, links asked for, accepted and ended, and more.',
  labels: { kind: AUDIT_KINDS, outcome: ['ok', 'refused', 'limited'] },
});

const SHOWN_TO_PERSON = 365 * DAY;
const LOOKED_UP: AuditKind = 'account-looked-up';
const KEPT = 400 * DAY;
const NETWORKS_KEPT = 30 * DAY;

/** The record of what happened, for operators (log and table) and for the people concerned (S-130, S-132). */
@Injectable()
export class AuditTrail {
  constructor(
    private readonly events: AuditRepository,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly log: Log,
  ) {}

  /** Writes down what happened; inside a unit of work it stands or falls with the act. */
  async record(event: AuditEvent): Promise<void> {
    const { requestId, network } = currentRequest();
    const row = {
      id: this.#nextId(),
      at: this.clock.now(),
      kind: event.kind,
      outcome: event.outcome,
      accountId: event.accountId ?? null,
      serverId: event.serverId ?? null,
      network,
      requestId,
      detail: (event.detail ?? '').slice(0, 255),
    };
    await this.unitOfWork.run(async () => {
      await this.events.add(row);
      this.unitOfWork.afterCommit(() => {
        events.count({ kind: event.kind, outcome: event.outcome });
        this.log.info({ audit: event, requestId, network }, 'audit');
      });
    }, 'reserve');
  }

  /** In the order of time, so that those of one commit lie side by side: each page that changes is written (P-6). */
  #nextId(): string {
    return this.clock.now().toString(16).padStart(12, '0') + this.random.hex(10);
  }

  /** What happened to an account in the last twelve months, newest first (S-132), without look-ups by servers. */
  ofAccount(accountId: AccountId, most: number): Promise<RecordedEvent[]> {
    return this.events.ofAccount(accountId, this.clock.now() - SHOWN_TO_PERSON, LOOKED_UP, most);
  }

  /** When somebody was refused something after `since`, the latest first; what limits count that must outlive Redis. */
  refusals(accountId: AccountId, kind: AuditKind, since: number, most: number): Promise<number[]> {
    return this.events.times({ accountId, kind, outcome: 'refused' }, since, most);
  }

  /** How often which server has looked an account up in the last twelve months, the most eager first (S-33). */
  lookupsOf(accountId: AccountId): Promise<LookupCount[]> {
    return this.events.countByServer(accountId, this.clock.now() - SHOWN_TO_PERSON, LOOKED_UP);
  }

  /** Retention: events 400 days, where they came from 30 days (S-131). */
  async forgetOld(): Promise<void> {
    const now = this.clock.now();
    await this.unitOfWork.run(async () => {
      await this.events.removeBefore(now - KEPT);
      await this.events.forgetNetworksBefore(now - NETWORKS_KEPT);
    });
  }
}

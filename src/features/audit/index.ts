/**
 * Audit: what happened, to whom, from where. For operators as log lines and a table, for people as their own history.
 *
 * Promises: an event recorded inside a unit of work stands or falls with it; no secret; networks fade after 30 days.
 */
import type { Tables } from '../../platform/database/connections.js';
import { AuditEventEntity } from './audit-event.entity.js';

export { AuditModule } from './audit.module.js';
export { AuditTrail, type AuditKind } from './audit-trail.service.js';
export type { LookupCount, RecordedEvent } from './audit.repository.js';
export const auditTables: Tables = [AuditEventEntity];

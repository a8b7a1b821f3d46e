/**
 * Links: which account may use which server as whom, and invitations.
 *
 * Promises: only the person moves a link from waiting to accepted (S-63); a server's list is complete or an error
 * (product rule 2); the key of a waiting link reaches nobody but its server (W6); keys are encrypted at rest (S-51).
 */
export { AccountLookupService, type Selector } from './account-lookup.service.js';
export { InvitationsService, type SignUpInvitation } from './invitations.service.js';
export type { LinkKind } from './link.js';
export { countUnread } from './link-metrics.js';
export { LinkRequestsService, type LinkOfServer } from './link-requests.service.js';
export { acceptedLinksOf, type LinkRows } from './link-rows.js';
export { LinksModule } from './links.module.js';
export { LinksService, type UsableLink, type WaitingInvitation } from './links.service.js';
export { linkTables } from './link-tables.js';

import type { Tables } from '../../platform/database/connections.js';
import { InvitationEntity, MissedLookupEntity } from './invitation.entity.js';
import { LinkEntity } from './link.entity.js';

/** For the one list of tables in the app module. */
export const linkTables: Tables = [LinkEntity, MissedLookupEntity, InvitationEntity];

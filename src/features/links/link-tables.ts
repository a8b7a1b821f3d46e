import type { Tables } from '../../platform/database/connections.js';
import { BlockedServerEntity } from './blocked-server.entity.js';
import { InvitationEntity, MissedLookupEntity } from './invitation.entity.js';
import { LinkEntity } from './link.entity.js';

/** For the one list of tables in the app module. */
export const linkTables: Tables = [LinkEntity, BlockedServerEntity, MissedLookupEntity, InvitationEntity];

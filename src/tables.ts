import { accountTables } from './features/accounts/index.js';
import { auditTables } from './features/audit/index.js';
import { linkTables } from './features/links/index.js';
import { mailTables } from './features/mail/index.js';
import { oauthTables } from './features/oauth/index.js';
import { pinTables } from './features/pins/index.js';
import { restoreTables } from './features/restores/index.js';
import { serverTables } from './features/servers/index.js';
import { sessionTables } from './features/sessions/index.js';
import { keyTables } from './platform/crypto/crypto.module.js';
import type { Tables } from './platform/database/connections.js';

/** Every table there is; apart from the modules, because commands need no more than this. */
export const tables: Tables = [
  ...keyTables,
  ...restoreTables,
  ...mailTables,
  ...auditTables,
  ...accountTables,
  ...sessionTables,
  ...oauthTables,
  ...serverTables,
  ...linkTables,
  ...pinTables,
];

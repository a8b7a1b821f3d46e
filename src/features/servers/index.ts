/**
 * Servers: registration of media servers, their keys and addresses.
 *
 * Promises: "unknown id" and "wrong key" are said only after a successful read; addresses are stored as the
 * broker re-serialised them (S-73); a key is kept as a digest; a change of systemId is told to whoever keeps links.
 */
export type { Server, ServerFields } from './server.js';
export { wrongServerKey } from './server.errors.js';
export { ServersModule } from './servers.module.js';
export { ServersService, type ServerAsRead } from './servers.service.js';
export { serverTables } from './server-tables.js';

/** Seeds one database in a process of its own, beside others. Argument: a `Seeding` as JSON. */
import { parsed } from './json.mjs';
import { seedPostgres, seedSqlite } from './seed.mjs';

/**
 * @typedef {object} Seeding
 * @property {string} dataDir of the key ring, and of the file of SQLite
 * @property {import('./cast.mjs').Sizes} sizes
 * @property {string} passwordHash of every account
 * @property {string} [url] of PostgreSQL, to fill that
 */

const { dataDir, sizes, passwordHash, url } = /** @type {Seeding} */ (parsed(process.argv[2] ?? '{}'));
if (url === undefined) seedSqlite(dataDir, sizes, passwordHash);
else await seedPostgres(url, dataDir, sizes, passwordHash);

/** A broker whose database is full of seeded rows (`test/bench`), and requests to it. */
import { fieldsOf, serverIdOf, serverKeyOf, tokenOf } from '../bench/cast.mjs';
import { seedPostgres, seedSqlite } from '../bench/seed.mjs';
import { rowsOfSqlite } from './journal.mjs';
import { asDevice, asServer, ask, post, signUp } from './people.mjs';

/** @typedef {import('../bench/cast.mjs').Sizes} Sizes */

/** @type {Sizes} */
const FULL = { accounts: 300_000, servers: 60_000, links: 1_000_000, rich: 30_000 };
/** @type {Sizes} */
const SHORT = { accounts: 15_000, servers: 3_000, links: 50_000, rich: 1_500 };

/**
 * Fills an empty data folder, or the database.
 * @param {import('./stage.mjs').Stage} stage @param {string} dataDir
 * @param {{ databaseUrl?: string, sizes?: Sizes, canSignIn?: boolean }} [how] `canSignIn`: everybody has the password of
 * `people.mjs`
 * @returns {Promise<Sizes>}
 */
export async function seed(
  stage,
  dataDir,
  { databaseUrl, sizes = stage.pick(FULL, SHORT), canSignIn = false } = {},
) {
  // Makes the tables and the key ring.
  const settings = {
    DRAIN_DELAY_SECONDS: '1',
    ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
  };
  const broker = await stage.broker({ dataDir, settings });
  const passwordHash = canSignIn ? await hashOf(broker, dataDir) : 'no password fits this';
  broker.signal('SIGTERM');
  await broker.ended;
  if (databaseUrl === undefined) seedSqlite(dataDir, sizes, passwordHash);
  else await seedPostgres(databaseUrl, dataDir, sizes, passwordHash);
  stage.say(`${sizes.links} links are there`);
  return sizes;
}

/** As the broker writes it. @param {import('../../scripts/lib/broker.mjs').BrokerProcess} broker @param {string} dataDir of SQLite */
async function hashOf(broker, dataDir) {
  await signUp(broker, 'first');
  const [row] = await rowsOfSqlite(dataDir)('SELECT password_hash FROM accounts');
  return String(row?.['password_hash']);
}

/** A list of some device, and every second time a change of some server. @param {string} url @param {Sizes} sizes */
export const readsAndWrites =
  (url, { accounts, servers }) =>
  (/** @type {number} */ at) =>
    at % 2 === 0 ? listOf(url, (at * 7_919) % accounts) : changeOf(url, (at * 7_919) % servers, at);

/** @param {string} url @param {number} account */
export const listOf = (url, account) =>
  ask(`${url}/service/servers`, { headers: asDevice({ token: tokenOf(account) }) });

/** @param {string} url @param {number} server @param {number} at */
const changeOf = (url, server, at) =>
  post(
    `${url}/service/Servers?id=${serverIdOf(server)}`,
    { ...fieldsOf(server), name: `changed ${at}` },
    asServer({ key: serverKeyOf(server) }),
  );

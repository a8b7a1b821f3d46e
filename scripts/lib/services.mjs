/**
 * The PostgreSQL and the Redis that the tests of this checkout use. Given ones (TEST_DATABASE_URL, TEST_REDIS_URL) win;
 * otherwise a private pair is started, shared by all runs in this checkout at the same time, and stopped after the last
 * of them, unless it was started to be kept. A file in the temporary folder remembers it; a run that was killed stays in
 * there as a dead process id and counts no more.
 */
import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readJson, root, shortHash } from './checkout.mjs';
import { alone, isAlive, privateFolder } from './lock.mjs';
import { startPostgres, stopPostgres } from './postgres.mjs';
import { startRedis, stopRedis } from './redis.mjs';
import { say } from './say.mjs';
import { postgresAnswers, redisAnswers, redisRunId } from './sockets.mjs';

/**
 * @typedef {object} State
 * @property {string} checkout
 * @property {boolean} kept started to stay until `stop`
 * @property {number[]} users process ids of the test runs
 * @property {import('./postgres.mjs').PrivatePostgres | null} postgres
 * @property {import('./redis.mjs').PrivateRedis | null} redis
 */

/** @typedef {{ databaseUrl: string | null, redisUrl: string | null }} Services null: cannot be had on this machine */

const prefix = 'services-';
const folderName = `${prefix}${shortHash(root)}`;

/** Others may walk through it (PostgreSQL has a user of its own) but not look around. */
const ownFolder = () => privateFolder(folderName, 0o711);

/** @param {string} folder @returns {State} */
function read(folder) {
  const file = path.join(folder, 'state.json');
  if (!existsSync(file)) return { checkout: root, kept: false, users: [], postgres: null, redis: null };
  const state = /** @type {State} */ (readJson(file));
  return state;
}

/** @param {string} folder @param {State} state */
function write(folder, state) {
  const file = path.join(folder, 'state.json');
  writeFileSync(`${file}.new`, JSON.stringify(state), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/**
 * @param {string} name of an environment variable
 * @param {(url: string) => Promise<boolean>} answers
 * @returns {Promise<string | null>}
 */
async function given(name, answers) {
  const url = process.env[name] ?? '';
  if (url === '') return null;
  if (await answers(url)) return url;
  say(`nobody answers at ${name}: looking elsewhere`);
  return null;
}

const givenPostgres = () => given('TEST_DATABASE_URL', postgresAnswers);
const givenRedis = () => given('TEST_REDIS_URL', redisAnswers);

/**
 * Makes both available to `user`, or for good.
 * @param {{ user: number } | 'kept'} holder
 * @returns {Promise<Services>}
 */
export async function acquire(holder) {
  const [databaseUrl, redisUrl] = [await givenPostgres(), await givenRedis()];
  if (databaseUrl !== null && redisUrl !== null) return { databaseUrl, redisUrl };
  // Not while holding our own lock: two checkouts that sweep each other would wait for ever.
  await sweep();
  return alone(folderName, async () => {
    const folder = ownFolder();
    const state = await withoutTheDead(read(folder));
    if (holder === 'kept') state.kept = true;
    else state.users.push(holder.user);
    // Remembered before and after each start, so that nothing that runs is forgotten.
    write(folder, state);
    if (databaseUrl === null) state.postgres ??= await startPostgres(folder);
    write(folder, state);
    if (redisUrl === null) state.redis ??= await startRedis(folder);
    write(folder, state);
    return urls(state, databaseUrl, redisUrl);
  });
}

/** @param {State} state @param {string | null} databaseUrl @param {string | null} redisUrl @returns {Services} */
const urls = ({ postgres, redis }, databaseUrl, redisUrl) => ({
  databaseUrl: databaseUrl ?? postgres?.url ?? null,
  redisUrl: redisUrl ?? redis?.url ?? null,
});

/** @param {State} state @returns {Promise<State>} without users and servers that are gone */
async function withoutTheDead(state) {
  const postgres = await livingPostgres(state.postgres);
  const redis = await livingRedis(state.redis);
  return { ...state, users: state.users.filter(isAlive), postgres, redis };
}

/** @param {State['postgres']} postgres @returns {Promise<State['postgres']>} */
async function livingPostgres(postgres) {
  if (postgres === null) return null;
  if (existsSync(postgres.folder) && (await postgresAnswers(postgres.url))) return postgres;
  await stopPostgres(postgres);
  return null;
}

/** @param {State['redis']} redis @returns {Promise<State['redis']>} */
async function livingRedis(redis) {
  if (redis === null) return null;
  if ((await redisRunId(redis.url)) === redis.runId) return redis;
  await stopRedis(redis);
  return null;
}

/** Ends one run's use; the last one out stops what is not kept. @param {number} user */
export function release(user) {
  return alone(folderName, async () => {
    const folder = ownFolder();
    const state = read(folder);
    state.users = state.users.filter((other) => other !== user && isAlive(other));
    if (state.kept || state.users.length > 0) write(folder, state);
    else await stopAll(folder, state);
  });
}

/** Stops what is private here, whoever uses it. */
export function stop() {
  return alone(folderName, () => {
    const folder = ownFolder();
    return stopAll(folder, read(folder));
  });
}

/** @param {string} folder @param {State} state */
async function stopAll(folder, { postgres, redis }) {
  if (postgres !== null) await stopPostgres(postgres);
  if (redis !== null) await stopRedis(redis);
  rmSync(folder, { recursive: true, force: true });
}

/** @returns {Promise<Services & { kept: boolean, users: number[] }>} without starting anything */
export async function status() {
  const [databaseUrl, redisUrl] = [await givenPostgres(), await givenRedis()];
  return alone(folderName, async () => {
    const state = await withoutTheDead(read(ownFolder()));
    return { ...urls(state, databaseUrl, redisUrl), kept: state.kept, users: state.users };
  });
}

/** Stops what killed runs of other checkouts left behind, and what belongs to checkouts that were deleted. */
async function sweep() {
  const others = readdirSync(os.tmpdir()).filter(
    (name) => name.startsWith(`signpost-${process.getuid?.() ?? 0}-${prefix}`) && !name.endsWith(folderName),
  );
  for (const name of others) {
    await alone(name.slice(name.indexOf(prefix)), async () => {
      const folder = path.join(os.tmpdir(), name);
      const state = existsSync(folder) ? read(folder) : null;
      const used =
        state?.users.some(isAlive) === true || (state?.kept === true && existsSync(state.checkout));
      if (state !== null && !used) await stopAll(folder, state);
    });
  }
}

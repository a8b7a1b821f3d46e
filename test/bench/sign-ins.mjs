/** P-7: how fast people sign in, and what devices notice of it. */
import { hashRawSync } from '@node-rs/argon2';
import Sqlite from 'better-sqlite3';
import { createHmac, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { PASSWORD } from './cast.mjs';
import { atLeast, atMost, perSecond } from './facts.mjs';
import { parsed } from './json.mjs';
import { load, startBroker, startLoad, startRawArgon2 } from './processes.mjs';
import { slices } from './rounds.mjs';

/** @typedef {import('./stage.mjs').Stage} Stage */

/** As the broker has it unless it is told otherwise (S-03). */
export const PARAMETERS = { memoryCost: 19_456, timeCost: 2 };

/** People who come back: each has signed in from here before. */
const PEOPLE = 200;
const IN_FLIGHT = 200;

const SETTINGS = {
  LIMIT_SIGN_INS_PER_NETWORK_15_MINUTES: '1000000000',
  LIMIT_SIGN_INS_PER_NETWORK_DAY: '1000000000',
  LIMIT_SIGN_INS_PER_KNOWN_NETWORK_HOUR: '1000000000',
  LIMIT_HASH_QUEUE: String(IN_FLIGHT),
};

/** As `PasswordHasher` writes it. @param {string} dataDir @returns {string} what is kept of `PASSWORD` */
function verifier(dataDir) {
  const ring = /** @type {{ keys: { id: string, use: string, secret: string }[] }} */ (
    parsed(readFileSync(`${dataDir}/keyring.json`, 'utf8'))
  );
  const pepper = ring.keys.filter(({ use }) => use === 'pepper').at(-1);
  if (!pepper) throw new Error('the key ring has no pepper');
  const salt = randomBytes(16);
  const raw = hashRawSync(PASSWORD, { parallelism: 1, outputLen: 32, salt, ...PARAMETERS });
  const tag = createHmac('sha256', Buffer.from(pepper.secret, 'hex')).update(raw).digest('base64url');
  const cost = `m=${PARAMETERS.memoryCost},t=${PARAMETERS.timeCost}`;
  return ['argon2id', cost, salt.toString('base64url'), pepper.id, tag].join('$');
}

/** @param {string} dataDir */
function givePasswords(dataDir) {
  const db = new Sqlite(`${dataDir}/signpost.sqlite`);
  db.prepare('UPDATE accounts SET password_hash = ?').run(verifier(dataDir));
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}

/** @type {{ ids: readonly string[], run(stage: Stage): Promise<import('./facts.mjs').Result[]> }} */
export const signIns = {
  ids: ['P-7'],
  async run(stage) {
    const dataDir = stage.copyOf(await stage.sqlite());
    givePasswords(dataDir);
    const broker = await startBroker(dataDir, SETTINGS);
    const people = { kind: /** @type {const} */ ('sign-in'), from: 0, count: PEOPLE, port: broker.port };
    // As it works after a while, and not while V8 still compiles, which it does for the first thousand sign-ins.
    const changes = { kind: /** @type {const} */ ('change'), from: 0, count: stage.sizes.servers };
    await load({ ...changes, connections: 32, seconds: 5, port: broker.port });
    for (let times = 0; times < 6; times += 1) await load({ ...people, connections: 16 });
    const raw = await startRawArgon2(PARAMETERS);
    const signingIn = await startLoad({ ...people, connections: 16 });
    const result = await slices(stage.effort, { raw: raw.rate, signIns: signingIn.rate });
    for (const each of [raw, signingIn]) await each.stop();
    const { seconds } = stage.effort;
    const lists = { kind: /** @type {const} */ ('list'), from: 0, count: stage.sizes.rich, connections: 32 };
    await load({ ...lists, port: broker.port });
    // Devices ask all the time: they are there before the people, and while all of them come at once.
    const asking = load({ ...lists, port: broker.port, seconds: seconds + 1 });
    await pause(500);
    const [discovery, busy] = await Promise.all([
      asking,
      load({ ...people, connections: IN_FLIGHT, seconds: seconds + 1 }),
    ]);
    await broker.stop();
    return [
      atLeast({
        id: 'P-7',
        what: 'sign-ins, to Argon2id alone',
        value: result.ratio('signIns', 'raw'),
        least: 0.9,
        detail: `${perSecond(result.rate.signIns)}, Argon2id ${perSecond(result.rate.raw)}`,
      }),
      atMost({
        id: 'P-7',
        what: `discovery while ${IN_FLIGHT} sign-ins are in flight, 99th percentile`,
        value: discovery.p99,
        unit: 'ms',
        most: 100,
        detail: `${perSecond(discovery.rate)} beside ${perSecond(busy.rate)} sign-ins, median ${discovery.p50.toFixed(1)} ms`,
      }),
    ];
  },
};

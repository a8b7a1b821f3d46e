import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { SystemRandom } from '../../src/platform/crypto/system-random.js';
import { escapedForm } from '../simulator/forms.js';
import { PRODUCTION_HASHES, TestBroker } from './broker.js';
import { buildBefore, ChildBroker } from './child-broker.js';
import { PASSWORD, signUp } from './people.js';
import { HALVES } from './halves.mjs';
import { createDatabase, dropDatabase } from './postgres.js';
import { Storm, type StormPerson } from './storm.js';

const KILLS = Number(process.env['SURVIVAL_KILLS'] ?? 4);
const random = new SystemRandom();
type Row = Record<string, string | number | null>;

/**
 * Declares the test that kills a broker on this store again and again while it writes (`SURVIVAL_KILLS` times; R-10),
 * and looks for what it acknowledged.
 */
export function killWhileItWrites(store: 'SQLite' | 'PostgreSQL'): void {
  const here = store === 'SQLite' || Boolean(process.env['TEST_DATABASE_URL']);
  buildBefore();

  (here ? describe : describe.skip)(`a broker on ${store} that is killed while it writes`, () => {
    const storm = new Storm();
    const names = ['ann', 'bob', 'cleo'];
    let database: string | undefined;
    let prepared: TestBroker;
    let broker: ChildBroker;

    beforeAll(async () => {
      database = store === 'PostgreSQL' ? await createDatabase() : undefined;
      prepared = await TestBroker.start({
        ...PRODUCTION_HASHES,
        ...(database === undefined ? {} : { DATABASE_URL: database }),
      });
      for (const name of names) await signUp(prepared, name);
      await prepared.close();
    }, 30_000);
    afterAll(async () => {
      await broker.kill();
      await prepared.remove();
      if (database !== undefined) await dropDatabase(database);
    });

    const start = (): Promise<ChildBroker> =>
      ChildBroker.start(prepared.dataDir, {
        DATA_DIR: prepared.dataDir,
        LIMIT_SERVERS_PER_ACCOUNT: '100000',
        ...(database === undefined ? {} : { DATABASE_URL: database }),
      });

    const rows = async (sql: string): Promise<Row[]> => {
      if (database === undefined) {
        const file = new Sqlite(join(prepared.dataDir, 'signpost.sqlite'), { readonly: true });
        try {
          return file.prepare(sql).all() as Row[];
        } finally {
          file.close();
        }
      }
      const client = new Client({ connectionString: database });
      await client.connect();
      const { rows: found } = await client.query<Row>(sql);
      await client.end();
      return found;
    };

    async function signIn(nameOrEmail: string): Promise<StormPerson> {
      const body = escapedForm({ nameOrEmail, rawpw: PASSWORD });
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const response = await fetch(`${broker.url}/service/user/authenticate`, {
        method: 'POST',
        headers,
        body,
      });
      const { AccessToken, User } = (await response.json()) as { AccessToken: string; User: { Id: string } };
      return { id: User.Id, deviceToken: AccessToken };
    }

    /** What a server is told about its links, as a server would hear it. */
    async function linksOf(id: string, key: string): Promise<Row[]> {
      const response = await fetch(`${broker.url}/service/ServerAuthorizations?serverId=${id}`, {
        headers: { 'X-Connect-Token': key },
      });
      expect(response.status).toBe(200);
      return (await response.json()) as Row[];
    }

    /** Everything of the journal from there on is there as it was acknowledged. */
    async function expectKept(from = { servers: 0, tokens: 0 }): Promise<void> {
      const stored = new Map((await rows('SELECT id, name FROM servers')).map(({ id, name }) => [id, name]));
      for (const { id, key, person, linkKey, possible } of storm.servers.slice(from.servers)) {
        const [link] = await linksOf(id, key);
        if (link) expect([link['UserId'], link['AccessToken']]).toEqual([person.id, linkKey]);
        const state = link ? String(link['AcceptStatus']).toLowerCase() : 'none';
        const found = `${String(stored.get(id))}, ${state}`;
        expect(possible.map(({ name, link: l }) => `${name}, ${l === 'ended' ? 'none' : l}`)).toContain(
          found,
        );
      }
      for (const token of storm.deviceTokens.slice(from.tokens)) {
        const headers = { 'X-Connect-UserToken': token };
        expect((await fetch(`${broker.url}/service/servers`, { headers })).status).toBe(200);
      }
      const known = new Set((await rows('SELECT user_name FROM accounts')).map((row) => row['user_name']));
      expect(storm.signedUp.filter((name) => !known.has(name))).toEqual([]);
    }

    /** What belongs together is there together. */
    async function expectNothingHalfDone(): Promise<void> {
      for (const [half, sql] of Object.entries(HALVES)) expect([half, await rows(sql)]).toEqual([half, []]);
    }

    test(
      `keeps all that it acknowledged, and nothing half done, ${KILLS} times`,
      async () => {
        let seen = { servers: 0, tokens: 0 };
        for (let kill = 0; kill < KILLS; kill += 1) {
          broker = await start();
          await expectKept(seen);
          await expectNothingHalfDone();
          seen = { servers: storm.servers.length, tokens: storm.deviceTokens.length };
          const people = await Promise.all(names.map(signIn));
          const raging = storm.rage(broker.url, people);
          await Promise.race([storm.more(10 + random.below(40)), raging]);
          await pause(random.below(20));
          await broker.kill();
          await raging;
        }
        broker = await start();
        await expectKept();
        await expectNothingHalfDone();
        expect(storm.surprises).toEqual([]);
        expect(storm.acknowledged).toBeGreaterThanOrEqual(KILLS * 10);
        if (database === undefined) {
          expect(await rows('PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
          expect(await rows('PRAGMA foreign_key_check')).toEqual([]);
        }
      },
      180_000 + KILLS * 60_000,
    );
  });
}

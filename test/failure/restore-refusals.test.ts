import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { askAt } from '../connect/ask.js';
import { account } from '../connect/cast.js';
import {
  backup,
  backUpBefore,
  broker,
  databaseFile,
  file,
  folder,
  restore,
  target,
} from '../support/backed-up.js';
import { TestBroker } from '../support/broker.js';
import { signpost, signpostProcess } from '../support/command.js';
import { craft, piecesOf } from '../support/crafted-backup.js';
import { eventually } from '../support/eventually.js';
import { createDatabase, dropDatabase, runOn } from '../support/postgres.js';

backUpBefore();

/** Every account name in a SQLite file. */
function namesIn(path: string): unknown {
  const db = new Sqlite(path);
  const names = db.prepare('SELECT user_name FROM accounts ORDER BY 1').pluck().all();
  db.close();
  return names;
}

describe('a restore', () => {
  test('of a backup of the first schema is migrated up', async () => {
    const pieces = piecesOf(file);
    pieces.header.schema = pieces.header.schema.slice(0, 1);
    const later = [
      'web_sessions',
      'known_networks',
      'held_addresses',
      'audit_events',
      'blocked_servers',
      'mail_stops',
      'restores',
      'signing_keys',
    ];
    pieces.tables = pieces.tables.filter(({ name }) => !later.includes(name));
    const said = await restore(craft(join(target, 'old'), pieces));
    expect([said.code, said.stderr]).toEqual([0, '']);
    const found = await TestBroker.start({ DATA_DIR: target });
    expect(found.log.messages('warn')).toContainEqual(expect.stringContaining('restore hold'));
    await found.remove();
  });

  test('ends sign-ins, unless the broker was stopped for the backup and did not run since', async () => {
    const count = (table: string): unknown => {
      const db = new Sqlite(databaseFile());
      const number: unknown = db.prepare(`SELECT COUNT(*) FROM ${table}`).pluck().get();
      db.close();
      return number;
    };
    expect((await restore(file)).code).toBe(0);
    expect([count('accounts'), count('device_tokens')]).toEqual([1, 0]);
    const refused = await restore(file, {}, '--replace', '--keep-sign-ins');
    expect([refused.code, refused.stderr]).toEqual([64, expect.stringContaining('made with --stopped')]);
    const stopped = join(folder, 'stopped');
    await broker.close();
    expect((await backup(stopped, {}, '--stopped')).code).toBe(0);
    await broker.open();
    expect((await restore(stopped, {}, '--replace', '--keep-sign-ins')).code).toBe(0);
    expect([count('accounts'), count('device_tokens')]).toEqual([1, 1]);
  });

  test('while a broker runs, or over rows, is refused; --replace keeps the old file, what waited in its WAL included', async () => {
    const running = await signpost(['restore', file, '--replace'], broker.environment);
    expect([running.code, running.stderr]).toEqual([69, expect.stringContaining('Another Signpost process')]);
    // As a broker that was killed leaves it: the newest rows are in the WAL.
    const other = await TestBroker.start();
    await account(other, 'mallory');
    for (const name of readdirSync(other.dataDir)) cpSync(join(other.dataDir, name), join(target, name));
    cpSync(join(broker.dataDir, 'keyring.json'), join(target, 'keyring.json'));
    await other.remove();
    expect(existsSync(`${databaseFile()}-wal`)).toBe(true);
    const refused = await restore(file);
    expect([refused.code, refused.stderr]).toEqual([
      69,
      expect.stringMatching(/in use already \(.*accounts/),
    ]);
    const done = await restore(file, {}, '--replace');
    expect([done.code, done.stderr]).toEqual([0, '']);
    expect(done.stdout).toContain(`kept as ${databaseFile()}.replaced-1`);
    expect(namesIn(databaseFile())).toEqual(['alice']);
    expect(namesIn(`${databaseFile()}.replaced-1`)).toEqual(['mallory']);
  });

  test('over a file that cannot be read keeps that byte for byte', async () => {
    const damaged = Buffer.from('somebody may need this text, whatever it is. '.repeat(20));
    writeFileSync(databaseFile(), damaged);
    const refused = await restore(file);
    expect([refused.code, refused.stderr]).toEqual([
      69,
      expect.stringContaining('a file that cannot be read'),
    ]);
    expect((await restore(file, {}, '--replace')).code).toBe(0);
    expect(readFileSync(`${databaseFile()}.replaced-1`).equals(damaged)).toBe(true);
    expect(namesIn(databaseFile())).toEqual(['alice']);
  });

  test('that fails on its way leaves the database as it was', async () => {
    await restore(file);
    const pieces = piecesOf(file);
    pieces.tables.find(({ name }) => name === 'known_networks')!.rows.push(['17', 'nowhere', 1]);
    const said = await restore(craft(join(target, 'dangling'), pieces), {}, '--replace');
    expect([said.code, said.stderr]).toEqual([
      69,
      expect.stringMatching(/could not be restored: .*known_networks.*left as it was/),
    ]);
    expect(namesIn(databaseFile())).toEqual(['alice']);
    expect(readdirSync(target).filter((name) => /restoring|replaced/.test(name))).toEqual([]);
  });

  test('by other means can be held by hand, beside a broker that runs', async () => {
    const wrong = ['yesterday', '1', '2026', '01/02/2026', '2026-02-30', '2026-01-01T00:00:00', '2999-01-01'];
    for (const time of wrong) {
      const said = await signpost(['restore', 'hold', time], broker.environment);
      const words = expect.stringContaining(`"${time}" is not a time in the past`);
      expect([said.code, said.stderr]).toEqual([64, words]);
    }
    const health = async (): Promise<object> => (await askAt(broker, 'GET', '/health/ready')).object;
    expect(await health()).toEqual({ status: 'ok' });
    const held = await signpost(['restore', 'hold', '2026-01-01T00:00:00Z'], broker.environment);
    expect([held.code, held.stderr]).toEqual([0, '']);
    await eventually(async () => expect(await health()).toEqual({ status: 'ok', notices: ['restore-hold'] }));
    const accepted = await signpost(['restore', 'accept', '--yes'], broker.environment);
    expect(accepted.stdout).toContain('a backup of 2026-01-01T00:00:00.000Z');
    await eventually(async () => expect(await health()).toEqual({ status: 'ok' }));
    const again = await signpost(['restore', 'accept', '--yes'], broker.environment);
    expect([again.code, again.stdout]).toEqual([0, 'No restore waits to be accepted.\n']);
  });

  test.each([
    [['restore']],
    [['restore', 'one', '--unknown']],
    [['restore', 'accept', 'this']],
    [['restore', 'hold']],
    [['help', 'nothing-like-it']],
    [['constructor']],
  ])('that is called wrongly says how: %j', async (args) => {
    const said = await signpost(args, { DATA_DIR: target });
    expect([said.code, said.stderr]).toEqual([64, expect.stringContaining('Usage:')]);
  });

  test.each(['--version', '-v', 'version'])('tells its version: %s', async (word) => {
    const { version } = JSON.parse(readFileSync(inCheckout('package.json'), 'utf8')) as { version: string };
    expect(await signpostProcess([word], { DATA_DIR: target })).toMatchObject({
      code: 0,
      stdout: `${version}\n`,
    });
    expect((await signpost(['help'], { DATA_DIR: target })).stdout).toContain('signpost version');
  });

  test.each([[[]], [['help', 'restore']], [['backup', '--help']]])('is explained: %j', async (args) => {
    const said = await signpostProcess(args, { DATA_DIR: target });
    expect([said.code, said.stdout]).toEqual([0, expect.stringContaining('signpost')]);
  });
});

(process.env['TEST_DATABASE_URL'] ? describe : describe.skip)('a restore to PostgreSQL', () => {
  let database = '';
  beforeEach(async () => {
    database = await createDatabase();
  });
  afterEach(() => dropDatabase(database));

  async function names(): Promise<unknown[]> {
    const client = new Client({ connectionString: database });
    await client.connect();
    const { rows } = await client.query<{ user_name: string }>('SELECT user_name FROM accounts ORDER BY 1');
    await client.end();
    return rows.map(({ user_name }) => user_name);
  }

  test('is refused while a broker runs and over rows, replaces when told to, and is all or nothing', async () => {
    const settings = { DATABASE_URL: database };
    const other = await TestBroker.start({ ...settings, DATA_DIR: join(target, 'other') });
    await account(other, 'mallory');
    const running = await restore(file, settings, '--replace');
    expect([running.code, running.stderr]).toEqual([
      69,
      expect.stringContaining('A broker runs on this database'),
    ]);
    await other.close();
    // PostgreSQL ends a session a moment after its client has.
    await eventually(async () => {
      const refused = await restore(file, settings);
      expect([refused.code, refused.stderr]).toEqual([
        69,
        expect.stringMatching(/in use already \(.*accounts/),
      ]);
    });
    const pieces = piecesOf(file);
    pieces.tables.find(({ name }) => name === 'known_networks')!.rows.push(['17', 'nowhere', 1]);
    const failed = await restore(craft(join(target, 'dangling'), pieces), settings, '--replace');
    expect([failed.code, failed.stderr]).toEqual([69, expect.stringContaining('left as it was')]);
    expect(await names()).toEqual(['mallory']);
    const done = await restore(file, settings, '--replace');
    expect([done.code, done.stderr]).toEqual([0, '']);
    expect(await names()).toEqual(['alice']);
  });

  test('that a newer version has used asks for an empty one', async () => {
    const settings = { DATABASE_URL: database };
    await restore(file, settings);
    await runOn(database, "INSERT INTO schema_migrations (timestamp, name) VALUES (99, 'Tomorrow99')");
    const said = await restore(file, settings, '--replace');
    expect([said.code, said.stderr]).toEqual([69, expect.stringContaining('Make an empty database')]);
    expect(await names()).toEqual(['alice']);
  });
});

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import type { Environment } from '../../src/config/index.js';
import { readBackup } from '../../src/platform/backup/backup-reader.js';
import { UnreadableBackup } from '../../src/platform/backup/unreadable-backup.js';
import { askAt } from '../connect/ask.js';
import { account, device, server } from '../connect/cast.js';
import { TestBroker } from '../support/broker.js';
import { buildBefore } from '../support/child-broker.js';
import { endCommandsAfter, signpost, signpostProcess, type Said } from '../support/command.js';
import { craft, piecesOf } from '../support/crafted-backup.js';
import { eventually } from '../support/eventually.js';
import { createDatabase, dropDatabase, runOn } from '../support/postgres.js';

buildBefore();
endCommandsAfter();

const PASSPHRASE = 'a passphrase for this file';
let folder = '';
let broker: TestBroker;
/** Backups of the broker: with its sign-ins on it, as it ran; sealed; while it was stopped. */
let file = '';
let sealed = '';
let stopped = '';
/** A data folder with the broker's key ring and no database. */
let target = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'signpost-refusals-'));
  broker = await TestBroker.start();
  await device(broker, await account(broker, 'alice'));
  await server(broker, 'Cinema');
  [file, sealed, stopped] = ['plain', 'sealed', 'stopped'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  await backup(file);
  await backup(sealed, { BACKUP_PASSPHRASE: PASSPHRASE });
}, 120_000);
afterAll(async () => {
  await broker.remove();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  target = mkdtempSync(join(folder, 'target-'));
  cpSync(join(broker.dataDir, 'keyring.json'), join(target, 'keyring.json'));
});

const backup = (to: string, environment: Environment = {}, ...more: string[]): Promise<Said> =>
  signpost(['backup', to, ...more], { ...broker.environment, ...environment });
const restore = (from: string, environment: Environment = {}, ...more: string[]): Promise<Said> =>
  signpost(['restore', from, ...more], { DATA_DIR: target, ...environment });

const databaseFile = (): string => join(target, 'signpost.sqlite');

/** Every account name in a SQLite file. */
function namesIn(path: string): unknown {
  const db = new Sqlite(path);
  const names = db.prepare('SELECT user_name FROM accounts ORDER BY 1').pluck().all();
  db.close();
  return names;
}

describe('a backup', () => {
  test('is for its owner only, and never replaces a file unless it is told to', async () => {
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const before = readFileSync(file);
    const refused = await backup(file);
    expect([refused.code, refused.stderr]).toEqual([69, expect.stringContaining('exists already')]);
    expect(readFileSync(file).equals(before)).toBe(true);
    const forced = await backup(file, {}, '--force');
    expect([forced.code, forced.stderr]).toEqual([0, '']);
    expect(forced.stdout).toContain(`Keep a copy of ${join(broker.dataDir, 'keyring.json')}`);
    expect(readFileSync(file).equals(before)).toBe(false);
    expect(readdirSync(folder).filter((name) => name.includes('unfinished'))).toEqual([]);
  });

  test('holds no secret of the key ring, and a sealed one nothing that can be read', () => {
    const { keys } = JSON.parse(readFileSync(join(broker.dataDir, 'keyring.json'), 'utf8')) as {
      keys: { secret: string }[];
    };
    const text = JSON.stringify(piecesOf(file));
    expect(text).toContain('alice@example.org');
    for (const { secret } of keys) expect(text).not.toContain(secret);
    expect(() => piecesOf(sealed)).toThrow('incorrect header check');
    expect(readFileSync(sealed).toString('latin1')).not.toContain('alice');
  });

  test.each<[string, Environment, string, [number, RegExp]]>([
    ['that must be encrypted and has no passphrase', {}, '--encrypt', [64, /--encrypt needs a passphrase/]],
    [
      'with a passphrase that is too short',
      { BACKUP_PASSPHRASE: 'short' },
      '--encrypt',
      [78, /at least 16 characters/],
    ],
    ['for a move while a broker runs', {}, '--stopped', [69, /Another Signpost process uses the data/]],
    ['of a folder without a database', { DATA_DIR: tmpdir() }, '--force', [69, /There is no database/]],
  ])('%s is refused', async (_, environment, argument, [code, words]) => {
    const to = join(target, 'backup');
    const said = await backup(to, environment, argument);
    expect([said.code, said.stderr]).toEqual([code, expect.stringMatching(words)]);
    expect(readdirSync(target)).toEqual(['keyring.json']);
  });

  test('that cannot be written is told by name', async () => {
    const said = await backup(join(folder, 'not-there', 'backup'));
    expect([said.code, said.stderr]).toEqual([
      69,
      expect.stringMatching(/not-there\/backup cannot be written: ENOENT/),
    ]);
  });

  test('of a database with another schema is left to the version that runs on it', async () => {
    await restore(file);
    const db = new Sqlite(databaseFile());
    db.exec("INSERT INTO schema_migrations (timestamp, name) VALUES (99, 'Tomorrow99')");
    db.close();
    const said = await signpost(['backup', join(target, 'backup')], { DATA_DIR: target });
    expect([said.code, said.stderr]).toEqual([
      69,
      expect.stringContaining('that of another version of Signpost'),
    ]);
  });
});

describe('a file', () => {
  const whole = (): Buffer => readFileSync(file);
  const cases: [string, () => Uint8Array | string, RegExp][] = [
    ['that is cut short', () => whole().subarray(0, -40), /is damaged or cut short/],
    ['that is cut within its first bytes', () => whole().subarray(0, 1), /is not a backup/],
    ['that has a changed byte', () => whole().map((byte, at) => (at === 700 ? byte ^ 1 : byte)), /damaged/],
    ['that is something else', () => 'a text', /is not a backup that Signpost made/],
    ['that is empty', () => '', /is not a backup that Signpost made/],
    ['that is sealed and cut short', () => readFileSync(sealed).subarray(0, -1), /does not open/],
  ];

  /** Nothing at all was made or changed. */
  function expectUntouched(): void {
    expect(readdirSync(target).filter((name) => name !== 'bad')).toEqual(['keyring.json']);
  }

  /** @throws UnreadableBackup */
  async function reading(path: string, passphrase: string | undefined): Promise<void> {
    const parts = readBackup(path, passphrase);
    while ((await parts.next()).done !== true);
  }

  const refusal = (path: string, passphrase?: string): Promise<unknown> =>
    reading(path, passphrase).catch((error: unknown) => error);

  test.each(cases)('%s is refused', async (_, content, words) => {
    writeFileSync(join(target, 'bad'), content());
    const error = await refusal(join(target, 'bad'), PASSPHRASE);
    expect(error).toBeInstanceOf(UnreadableBackup);
    expect((error as Error).message).toMatch(words);
  });

  test.each<[string, (text: string) => string, RegExp]>([
    ['lost a row', (text) => text.replace(/\n\["[^\n]*/, ''), /is damaged/],
    ['has a changed row', (text) => text.replace('"alice"', '"mally"'), /is damaged/],
    ['has a number for a text', (text) => text.replace('"alice"', '7'), /is damaged/],
    ['has no end', (text) => text.replace(/\{"end".*\n$/, ''), /is cut short/],
    ['goes on after its end', (text) => `${text}[]\n`, /is damaged/],
    ['has a line without an end', (text) => `${text}x`, /is damaged/],
    [
      'is of a later format',
      (text) => text.replace('"version":1', '"version":2'),
      /later version of Signpost/,
    ],
  ])('that %s, although it unzips well, is refused too', async (_, spoil, words) => {
    const error = await refusal(craft(join(target, 'bad'), piecesOf(file), spoil));
    expect(error).toBeInstanceOf(UnreadableBackup);
    expect((error as Error).message).toMatch(words);
  });

  test('that is whole is read to its end, sealed or not', async () => {
    await reading(file, undefined);
    await reading(sealed, PASSPHRASE);
  });

  test('that is damaged is refused before anything is touched', async () => {
    writeFileSync(join(target, 'bad'), whole().subarray(0, -40));
    const said = await restore(join(target, 'bad'));
    expect([said.code, said.stderr]).toEqual([65, expect.stringContaining('is damaged or cut short')]);
    expectUntouched();
  });

  test('of a schema that this version does not know is refused', async () => {
    const pieces = piecesOf(file);
    pieces.header.schema.push('Tomorrow99');
    const said = await restore(craft(join(target, 'bad'), pieces));
    expect([said.code, said.stderr]).toEqual([65, expect.stringContaining('later version of Signpost')]);
    expectUntouched();
  });

  test('that is not there, or sealed under another passphrase or with none given, is refused', async () => {
    const messages = await Promise.all(
      [refusal(join(target, 'nothing')), refusal(sealed), refusal(sealed, 'quite another passphrase')].map(
        async (error) => ((await error) as Error).message,
      ),
    );
    expect(messages).toEqual([
      expect.stringContaining('is not there'),
      expect.stringContaining('is encrypted'),
      expect.stringContaining('does not open: the passphrase is another one'),
    ]);
  });

  test.each([
    ['missing', () => rmSync(join(target, 'keyring.json')), /The key ring .* is missing/],
    [
      'another one',
      () => {
        const path = join(target, 'keyring.json');
        writeFileSync(path, readFileSync(path, 'utf8').replace(/"secret": "..../, '"secret": "0000'));
      },
      /does not fit the database \(key encrypt-1\)/,
    ],
  ])('is refused where the key ring is %s (R-02)', async (_, change, words) => {
    change();
    const said = await restore(file);
    expect([said.code, said.stderr]).toEqual([69, expect.stringMatching(words)]);
    expect(existsSync(databaseFile())).toBe(false);
  });
});

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
    const wrong = await signpost(['restore', 'hold', 'yesterday'], broker.environment);
    expect([wrong.code, wrong.stderr]).toEqual([64, expect.stringContaining('is not a time in the past')]);
    const future = await signpost(['restore', 'hold', '2999-01-01'], broker.environment);
    expect(future.code).toBe(64);
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
  }, 120_000);

  test('that a newer version has used asks for an empty one', async () => {
    const settings = { DATABASE_URL: database };
    await restore(file, settings);
    await runOn(database, "INSERT INTO schema_migrations (timestamp, name) VALUES (99, 'Tomorrow99')");
    const said = await restore(file, settings, '--replace');
    expect([said.code, said.stderr]).toEqual([69, expect.stringContaining('Make an empty database')]);
    expect(await names()).toEqual(['alice']);
  });
});

import { describe, expect, test } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../../src/config/index.js';
import { readBackup } from '../../src/platform/backup/backup-reader.js';
import { UnreadableBackup } from '../../src/platform/backup/unreadable-backup.js';
import {
  backup,
  backUpBefore,
  broker,
  databaseFile,
  file,
  folder,
  PASSPHRASE,
  restore,
  sealed,
  target,
} from '../support/backed-up.js';
import { signpost } from '../support/command.js';
import { craft, piecesOf } from '../support/crafted-backup.js';

backUpBefore();

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

  test('never takes the place of what is no file, such as a device', async () => {
    const socket = join(folder, 'socket');
    const server = createServer().listen(socket);
    await once(server, 'listening');
    const refused = await backup(socket, {}, '--force');
    expect([refused.code, refused.stderr]).toEqual([69, expect.stringContaining('is no file')]);
    expect(statSync(socket).isSocket()).toBe(true);
    server.close();
    expect((await backup(folder, {}, '--force')).stderr).toContain('is no file');
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

import { afterEach, beforeEach, expect, test } from '@jest/globals';
import Sqlite from 'better-sqlite3';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { tables } from '../../src/tables.js';
import { migrations } from '../../src/platform/database/migrations/index.js';
import { openSqlite } from '../../src/platform/database/sqlite.js';
import { StartupError } from '../../src/platform/startup-error.js';

let folder = '';
const file = (): string => join(folder, 'signpost.sqlite');
const first = migrations.slice(0, 1);
const FIRST = 1_795_305_600_000;
const copies = (): string[] => readdirSync(folder).filter((name) => name.includes('.schema-'));

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signpost-schema-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A database as the version with the first migration alone left it, with one row. */
async function databaseOfTheFirstVersion(): Promise<void> {
  const source = new DataSource({
    type: 'better-sqlite3',
    database: file(),
    migrations: first,
    migrationsTableName: 'schema_migrations',
  });
  await source.initialize();
  await source.runMigrations();
  await source.query("INSERT INTO issued_account_ids (id) VALUES ('7')");
  await source.destroy();
}

function idsIn(path: string): unknown {
  const db = new Sqlite(path, { readonly: true });
  const rows = db.prepare('SELECT id FROM issued_account_ids').pluck().all();
  db.close();
  return rows;
}

const hasTable = (path: string, name: string): boolean => {
  const db = new Sqlite(path, { readonly: true });
  const found = db.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(name);
  db.close();
  return found !== undefined;
};

const opening = async (): Promise<unknown> => {
  try {
    await (await openSqlite(folder, tables)).close();
    return null;
  } catch (error) {
    return error;
  }
};

test('a file of an earlier schema is copied beside itself before it is migrated, for its owner only (R-32)', async () => {
  await databaseOfTheFirstVersion();
  expect(await opening()).toBeNull();
  expect(copies()).toEqual([`signpost.sqlite.schema-${FIRST}`]);
  const copy = join(folder, copies()[0]!);
  expect(statSync(copy).mode & 0o777).toBe(0o600);
  expect(idsIn(copy)).toEqual(['7']);
  expect(hasTable(copy, 'web_sessions')).toBe(false);
  expect(hasTable(file(), 'web_sessions')).toBe(true);
});

test('a new file, and one whose schema is current, are not copied', async () => {
  expect(await opening()).toBeNull();
  expect(await opening()).toBeNull();
  expect(copies()).toEqual([]);
});

test('a migration that fails leaves the database of before, and says where the copy is', async () => {
  await databaseOfTheFirstVersion();
  const db = new Sqlite(file());
  // In the way of a later migration.
  db.exec('CREATE TABLE mail_stops (anything TEXT)');
  db.close();
  const error = await opening();
  expect(error).toBeInstanceOf(StartupError);
  expect((error as Error).message).toMatch(
    /could not be brought to the schema of this version: .*mail_stops.* It was put back as it was before, and \S+\.schema-\d+ is a copy/,
  );
  expect(idsIn(file())).toEqual(['7']);
  expect(hasTable(file(), 'web_sessions')).toBe(false);
  expect(readdirSync(folder).filter((name) => /unfinished|-wal|-shm/.test(name))).toEqual([]);
  const again = new Sqlite(file());
  again.exec('DROP TABLE mail_stops');
  again.close();
  expect(await opening()).toBeNull();
  expect(hasTable(file(), 'mail_stops')).toBe(true);
});

test('where the copy cannot be made nothing is migrated', async () => {
  await databaseOfTheFirstVersion();
  mkdirSync(join(folder, `signpost.sqlite.schema-${FIRST}`));
  const error = await opening();
  expect((error as Error).message).toMatch(
    /needs a new schema and could not be copied first: .* left as it is/,
  );
  expect(hasTable(file(), 'web_sessions')).toBe(false);
});

test('copies of still earlier schemas go once a later one is made', async () => {
  await databaseOfTheFirstVersion();
  writeFileSync(`${file()}.schema-1`, 'of long ago');
  chmodSync(`${file()}.schema-1`, 0o600);
  expect(await opening()).toBeNull();
  expect(copies()).toEqual([`signpost.sqlite.schema-${FIRST}`]);
});

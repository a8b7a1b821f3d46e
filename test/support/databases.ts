import { afterAll, afterEach, beforeAll, beforeEach, describe } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connections, Tables } from '../../src/platform/database/connections.js';
import { openPostgres } from '../../src/platform/database/postgres.js';
import { openSqlite } from '../../src/platform/database/sqlite.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { SystemRandom } from '../../src/platform/crypto/system-random.js';
import { waitForAnswers } from './patient-pools.js';
import { createMigratedDatabase, dropDatabase, runOn } from './postgres.js';
import { takeSchema } from './schema.js';

export interface OpenDatabase {
  readonly connections: Connections;
  readonly unitOfWork: UnitOfWork;
}

/**
 * Opens the database of the running test, with the schema of the migrations and no rows. It is closed and emptied after
 * the test. Calling it again after `connections.close()` finds what was written before: a restart.
 */
export type Open = () => Promise<OpenDatabase>;

/** A kind of database as a test file needs it. */
interface Kind {
  readonly name: string;
  /** Whether this machine has it. */
  readonly here: boolean;
  prepareFile(): Promise<void>;
  prepareTest(): Promise<void>;
  connect(tables: Tables): Promise<Connections>;
  clearTest(): Promise<void>;
  clearFile(): Promise<void>;
}

/**
 * Declares the same tests on SQLite and on PostgreSQL. PostgreSQL is the server of `TEST_DATABASE_URL`, on which this
 * makes (and drops) a database per test file; without that setting those tests are reported as skipped, by name.
 */
export function eachDatabase(name: string, tables: Tables, tests: (open: Open) => void): void {
  sqliteOnly(name, tables, tests);
  postgresOnly(name, tables, tests);
}

/** The same for what only SQLite does. */
export function sqliteOnly(name: string, tables: Tables, tests: (open: Open) => void): void {
  describe(`${name} on SQLite`, () => {
    tests(openerOf(sqlite(), tables));
  });
}

/** The same for what only PostgreSQL does. */
export function postgresOnly(name: string, tables: Tables, tests: (open: Open) => void): void {
  const kind = postgres(process.env['TEST_DATABASE_URL']);
  const declare = kind.here ? describe : describe.skip;
  declare(`${name} on ${kind.name}`, () => {
    tests(openerOf(kind, tables));
  });
}

/** Registers what happens around the tests; answers how they open their database. */
function openerOf(kind: Kind, tables: Tables): Open {
  const opened: Connections[] = [];
  beforeAll(() => kind.prepareFile());
  beforeEach(() => kind.prepareTest());
  afterEach(async () => {
    for (const connections of opened.splice(0)) await connections.close();
    await kind.clearTest();
  });
  afterAll(() => kind.clearFile());
  return async () => {
    const connections = closableTwice(await kind.connect(tables));
    opened.push(connections);
    return { connections, unitOfWork: new UnitOfWork(connections, new SystemRandom()) };
  };
}

/** A test that closes the database itself must not fail when it is closed after the test. */
function closableTwice(connections: Connections): Connections {
  let closing: Promise<void> | undefined;
  return { ...connections, close: () => (closing ??= connections.close()) };
}

function sqlite(): Kind {
  let folder = '';
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    name: 'SQLite',
    here: true,
    prepareFile: nothing,
    prepareTest: () => {
      folder = mkdtempSync(join(tmpdir(), 'signpost-test-'));
      return Promise.resolve();
    },
    connect: async (tables) => {
      await takeSchema(folder);
      return openSqlite(folder, tables);
    },
    clearTest: () => {
      rmSync(folder, { recursive: true, force: true });
      return Promise.resolve();
    },
    clearFile: nothing,
  };
}

function postgres(serverUrl: string | undefined): Kind {
  let own = '';
  return {
    name: 'PostgreSQL',
    here: serverUrl !== undefined && serverUrl !== '',
    prepareFile: async () => {
      own = await createMigratedDatabase();
    },
    prepareTest: () => Promise.resolve(),
    connect: async (tables) => {
      const connections = await openPostgres(own, tables);
      await waitForAnswers(connections);
      return connections;
    },
    clearTest: () => runOn(own, EMPTY_EVERY_TABLE),
    clearFile: () => dropDatabase(own),
  };
}

/**
 * One statement for all tables, whatever their foreign keys. Most of them are empty: to truncate one makes its files and those of
 * its indexes anew.
 */
const EMPTY_EVERY_TABLE = `
  DO $$ DECLARE one text; BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN SELECT quote_ident(tablename) FROM pg_tables
      WHERE schemaname = 'public' AND tablename NOT IN ('schema_migrations', 'typeorm_metadata')
    LOOP EXECUTE 'DELETE FROM ' || one; END LOOP;
  END $$`;

import { afterAll, afterEach, beforeAll, beforeEach, describe } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connections, Tables } from '../../src/platform/database/connections.js';
import { openPostgres } from '../../src/platform/database/postgres.js';
import { openSqlite } from '../../src/platform/database/sqlite.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { SystemRandom } from '../../src/platform/crypto/system-random.js';
import { areIdle, waitForAnswers } from './patient-pools.js';
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
  /** @param opened what the test has opened and not closed */
  clearTest(opened: readonly Connections[]): Promise<void>;
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

/**
 * The same for tests that change nothing of the connections themselves: on PostgreSQL, where each is a process of the server,
 * they are those of the test before, if it did not close them.
 */
export function eachKeptDatabase(name: string, tables: Tables, tests: (open: Open) => void): void {
  sqliteOnly(name, tables, tests);
  declareOn(postgres(process.env['TEST_DATABASE_URL'], true), name, tables, tests);
}

/** The same for what only SQLite does. */
export function sqliteOnly(name: string, tables: Tables, tests: (open: Open) => void): void {
  declareOn(sqlite(), name, tables, tests);
}

/** The same for what only PostgreSQL does. */
export function postgresOnly(name: string, tables: Tables, tests: (open: Open) => void): void {
  declareOn(postgres(process.env['TEST_DATABASE_URL']), name, tables, tests);
}

function declareOn(kind: Kind, name: string, tables: Tables, tests: (open: Open) => void): void {
  const declare = kind.here ? describe : describe.skip;
  declare(`${name} on ${kind.name}`, () => {
    tests(openerOf(kind, tables));
  });
}

/** Registers what happens around the tests; answers how they open their database. */
function openerOf(kind: Kind, tables: Tables): Open {
  const opened = new Set<Connections>();
  beforeAll(() => kind.prepareFile());
  beforeEach(() => kind.prepareTest());
  afterEach(async () => {
    const left = [...opened];
    opened.clear();
    await kind.clearTest(left);
  });
  afterAll(() => kind.clearFile());
  return async () => {
    const found = await kind.connect(tables);
    opened.add(found);
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => {
      // A test that closes the database itself may do so twice.
      closing ??= opened.delete(found) ? found.close() : Promise.resolve();
      return closing;
    };
    const connections = { ...found, close };
    return { connections, unitOfWork: new UnitOfWork(connections, new SystemRandom()) };
  };
}

async function closeAll(opened: readonly Connections[]): Promise<void> {
  for (const connections of opened) await connections.close();
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
    clearTest: async (opened) => {
      await closeAll(opened);
      rmSync(folder, { recursive: true, force: true });
    },
    clearFile: nothing,
  };
}

function postgres(serverUrl: string | undefined, keeps = false): Kind {
  let own = '';
  let kept: Connections | undefined;
  return {
    name: 'PostgreSQL',
    here: serverUrl !== undefined && serverUrl !== '',
    prepareFile: async () => {
      own = await createMigratedDatabase();
    },
    prepareTest: () => Promise.resolve(),
    connect: async (tables) => {
      const found = kept;
      kept = undefined;
      if (found) return found;
      const connections = await openPostgres(own, tables);
      await waitForAnswers(connections);
      return connections;
    },
    clearTest: async (left) => {
      const [first, ...others] = left;
      if (keeps && first !== undefined && areIdle(first)) {
        await first.writer.query(EMPTY_EVERY_TABLE);
        await closeAll(others);
        kept = first;
      } else {
        await closeAll(left);
        await runOn(own, EMPTY_EVERY_TABLE);
      }
    },
    clearFile: async () => {
      await kept?.close();
      await dropDatabase(own);
    },
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

import { copyFileSync, existsSync, linkSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fingerprint, inCheckout } from '../../scripts/lib/checkout.mjs';
import { openSqlite, sqliteFile } from '../../src/platform/database/sqlite.js';

const folder = inCheckout('src/platform/database/migrations');
/** What they are called that came of the same migrations, which may change between two runs. */
export const MIGRATIONS = fingerprint(readdirSync(folder).map((name) => join(folder, name)));
/** Migrating costs more than the rest of opening a database: all test files of a run share what comes out. */
const SHARED_SCHEMA = join(tmpdir(), `signpost-test-schema-${process.ppid}-${MIGRATIONS}.sqlite`);
/** Eight megabytes of chance, which a broker that finds them whole only ever removes: all have the same. */
const SHARED_RESERVE = join(tmpdir(), `signpost-test-reserve-${process.ppid}`);

const reserveFile = (dataDir: string): string => join(dataDir, 'signpost.reserve');

/** Puts the schema that the migrations make into a data folder, unless it has a database. */
export async function takeSchema(dataDir: string): Promise<void> {
  if (existsSync(sqliteFile(dataDir))) return;
  if (!existsSync(SHARED_SCHEMA)) await makeSchema();
  copyFileSync(SHARED_SCHEMA, sqliteFile(dataDir));
  linkSync(SHARED_RESERVE, reserveFile(dataDir));
}

async function makeSchema(): Promise<void> {
  const made = mkdtempSync(join(tmpdir(), 'signpost-schema-'));
  await (await openSqlite(made, [])).close();
  // Whole or not at all: other test files may be starting.
  renameSync(reserveFile(made), SHARED_RESERVE);
  renameSync(sqliteFile(made), SHARED_SCHEMA);
  rmSync(made, { recursive: true });
}

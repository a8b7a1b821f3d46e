import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { schemaNames } from '../../src/platform/database/migrations/index.js';
import { migrated, type Place } from './dump.js';

export type Store = 'sqlite' | 'postgres';

/** What a migration changed of a schema: `+` and `-` before what came and what went. */
type Changes = readonly string[];

const fileOf = (migration: string): string => join(inCheckout('test/upgrades'), `${migration}.ddl`);

export function readChanges(migration: string, store: Store): Changes {
  return (JSON.parse(readFileSync(fileOf(migration), 'utf8')) as Record<Store, Changes>)[store];
}

/** Takes what is missing; never again what is there. */
export async function takeMissingChanges(places: Readonly<Record<Store, Place>>): Promise<void> {
  if (schemaNames.every((name) => existsSync(fileOf(name)))) return;
  const [sqlite, postgres] = [await changesAt(places.sqlite), await changesAt(places.postgres)];
  for (const name of schemaNames.filter((one) => !existsSync(fileOf(one)))) {
    const kept = { sqlite: sqlite.get(name), postgres: postgres.get(name) };
    writeFileSync(fileOf(name), `${JSON.stringify(kept, null, 1)}\n`, { flag: 'wx' });
  }
}

/** What each migration of today changes, one after the other in an empty database. */
export async function changesAt(place: Place): Promise<ReadonlyMap<string, Changes>> {
  const changes = new Map<string, Changes>();
  let before: readonly string[] = [];
  for (const [at, name] of schemaNames.entries()) {
    const source = await migrated(place, schemaNames.slice(0, at + 1));
    const now = await definitionsIn(source);
    await source.destroy();
    const [came, went] = [missingIn(before, now), missingIn(now, before)];
    changes.set(name, [...went.map((one) => `- ${one}`), ...came.map((one) => `+ ${one}`)]);
    before = now;
  }
  return changes;
}

const missingIn = (some: readonly string[], all: readonly string[]): string[] =>
  all.filter((one) => !some.includes(one));

const DEFINITIONS = {
  sqlite: `SELECT sql AS definition FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'`,
  postgres: `
    SELECT attrelid::regclass || '.' || attname || ' ' || format_type(atttypid, atttypmod)
        || CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END
        || coalesce(' DEFAULT ' || pg_get_expr(adbin, adrelid), '')
        || CASE WHEN attcollation IN (0, 100) THEN '' ELSE ' COLLATE ' || attcollation::regcollation END AS definition
      FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
      WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 AND NOT attisdropped
    UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
      WHERE relnamespace = 'public'::regnamespace
    UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
      WHERE connamespace = 'public'::regnamespace AND contype <> 'n'`,
};

/** Sorted; each in one line, whatever spaces it was written with. */
async function definitionsIn(source: DataSource): Promise<readonly string[]> {
  const text = source.options.type === 'postgres' ? DEFINITIONS.postgres : DEFINITIONS.sqlite;
  const rows = await source.query<{ definition: string }[]>(text);
  return rows.map(({ definition }) => definition.replaceAll(/\s+/g, ' ').trim()).sort();
}

import type { Row, TableShape } from './table-shape.js';

/** A database that is made anew from a backup. Until `finish` the one that is there stays as it is. */
export interface Rebuild {
  /** What the present database holds beyond what a first start makes: names of tables, or a word on its damage. */
  readonly occupied: readonly string[];
  /** Makes the tables as they were after these migrations. */
  begin(schema: readonly string[]): Promise<void>;
  insert(table: TableShape, rows: readonly Row[]): Promise<void>;
  /** Brings the schema up to date. @returns the tables as they are then */
  migrateUp(): Promise<readonly TableShape[]>;
  /** Takes the place of the present database. @returns where that was kept, or null */
  finish(): Promise<string | null>;
  /** What was not finished is gone. */
  close(): Promise<void>;
}

/** Tables that the first start of a broker fills. */
const OF_EVERY_START: ReadonlySet<string> = new Set([
  'schema_migrations',
  'typeorm_metadata',
  'key_canaries',
  'database_epochs',
]);

/** Of all tables those that nobody but people can have filled. */
export function filledByPeople(tables: readonly string[]): string[] {
  return tables.filter((name) => !OF_EVERY_START.has(name) && !name.startsWith('sqlite_'));
}

import type { Soon } from '../../shared/soon.js';

/**
 * A prepared statement that reads what there is for one key, as the text of JSON; undefined: nothing. One text instead of
 * rows of columns, because making a value of each column costs more than finding it (P-3).
 *
 * At once on SQLite, later on PostgreSQL; what fails is thrown there and a rejection here.
 */
export type LookUp = (key: string) => Soon<string | undefined>;

/** Of a row: the key, and what is found for it. */
export type Found = readonly [key: string, json: string];

export type Value = string | number | null;

/** Something is done in a unit of work, or read, past the query builder: each costs that more than the database (P-6). */
export type Statement = (values: readonly Value[]) => Soon<readonly object[]>;

/** How many rows something finds. */
export type Count = (values: readonly Value[]) => Promise<number>;

/**
 * A statement in the words of SQLite.
 *
 * What is compared with stands in a query of its own, so that SQLite does not know it beforehand: where a database has
 * statistics (`ANALYZE`), it would plan a statement anew for each new value, which costs more than the look-up.
 */
export function ofSqlite(text: string): string {
  const where = text.indexOf('WHERE');
  const [before, after] = where < 0 ? [text, ''] : [text.slice(0, where), text.slice(where)];
  return before.replace(/\$\d+/g, '?') + after.replace(/\$\d+/g, '(SELECT ?)');
}

/** A look-up in the words of PostgreSQL, for many keys; it finds its indexes by itself. */
export function ofPostgres(text: string): string {
  return text
    .replace(/ INDEXED BY \w+/, '')
    .replace(/\)\s+AS found/, ')::text AS found')
    .replace('= $1', '= ANY($1::varchar[])')
    .replaceAll('json_group_array(', 'json_agg(')
    .replaceAll('json_array(', 'json_build_array(');
}

import type Sqlite from 'better-sqlite3';
import { ofSqlite } from './look-up.js';

type Prepared = Sqlite.Statement<unknown[], object>;

/** As many as there are texts in the code. */
const prepared = new WeakMap<Sqlite.Database, Map<string, Prepared>>();

/** Performs a statement, prepared once for each connection. @returns the rows that it gives */
export function performOn(db: Sqlite.Database, text: string, values: readonly unknown[]): object[] {
  const statement = statementOf(db, text);
  if (statement.reader) return statement.all(...values);
  statement.run(...values);
  return [];
}

function statementOf(db: Sqlite.Database, text: string): Prepared {
  const known = prepared.get(db) ?? new Map<string, Prepared>();
  prepared.set(db, known);
  const one = known.get(text) ?? db.prepare<unknown[], object>(ofSqlite(text));
  known.set(text, one);
  return one;
}

import type { QueryRunner, TableColumnOptions, TableForeignKeyOptions, TableIndexOptions } from 'typeorm';

/** Text of at most `length` characters. */
export function text(name: string, length: number): TableColumnOptions {
  return { name, type: 'varchar', length: String(length) };
}

/** Text of any length. */
export function longText(name: string): TableColumnOptions {
  return { name, type: 'text' };
}

/** Milliseconds since the epoch. */
export function instant(name: string): TableColumnOptions {
  return { name, type: 'bigint' };
}

export function count(name: string): TableColumnOptions {
  return { name, type: 'integer' };
}

export function flag(name: string): TableColumnOptions {
  return { name, type: 'boolean' };
}

export function nullable(column: TableColumnOptions): TableColumnOptions {
  return { ...column, isNullable: true };
}

export function primary(column: TableColumnOptions, constraint: string): TableColumnOptions {
  return { ...column, isPrimary: true, primaryKeyConstraintName: constraint };
}

export function index(name: string, columnNames: string[]): TableIndexOptions {
  return { name, columnNames };
}

export function unique(name: string, columnNames: string[], where?: string): TableIndexOptions {
  return { name, columnNames, isUnique: true, ...(where === undefined ? {} : { where }) };
}

/** A row that goes when the row it belongs to goes. */
export function belongsTo(table: string, column: string, name: string): TableForeignKeyOptions {
  return {
    name,
    columnNames: [column],
    referencedTableName: table,
    referencedColumnNames: ['id'],
    onDelete: 'CASCADE',
  };
}

/** Of SQLite alone. Nobody else works on the file while its schema changes, so no statement holds anybody up. */
export async function onSqlite(runner: QueryRunner, statement: string): Promise<void> {
  if (runner.dataSource.options.type === 'better-sqlite3') await runner.query(statement);
}

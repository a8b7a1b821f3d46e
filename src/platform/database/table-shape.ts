import type { DataSource, EntityMetadata } from 'typeorm';

/** What a column holds, whatever the database calls it. */
type ColumnKind = 'text' | 'integer' | 'boolean';

export interface ColumnShape {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly nullable: boolean;
}

/** A table as a backup carries it. */
export interface TableShape {
  readonly name: string;
  readonly columns: readonly ColumnShape[];
}

export type Cell = string | number | boolean | null;
/** The cells of a row, in the order of the columns. */
export type Row = readonly Cell[];

const KINDS: Readonly<Record<string, ColumnKind>> = {
  varchar: 'text',
  'character varying': 'text',
  text: 'text',
  bigint: 'integer',
  integer: 'integer',
  boolean: 'boolean',
};

/**
 * Every table of the entities, those that others refer to first.
 *
 * @throws Error for a column that a backup could not carry, and for tables that refer to each other in a circle
 */
export function shapesOf(source: DataSource): TableShape[] {
  const ordered: EntityMetadata[] = [];
  for (const table of source.entityMetadatas) append(table, ordered, []);
  return ordered.map((table) => shapeOf(source, table));
}

function append(table: EntityMetadata, ordered: EntityMetadata[], below: readonly EntityMetadata[]): void {
  if (ordered.includes(table)) return;
  if (below.includes(table)) throw new Error(`${table.tableName} refers to itself in a circle`);
  const parents = table.foreignKeys.map(({ referencedEntityMetadata }) => referencedEntityMetadata);
  for (const parent of parents.filter((other) => other !== table)) append(parent, ordered, [...below, table]);
  ordered.push(table);
}

function shapeOf(source: DataSource, table: EntityMetadata): TableShape {
  const columns = table.columns.map((column) => {
    const type = source.driver.normalizeType(column);
    const kind = KINDS[type];
    if (!kind) throw new Error(`a backup cannot carry ${table.tableName}.${column.databaseName} (${type})`);
    return { name: column.databaseName, kind, nullable: column.isNullable };
  });
  return { name: table.tableName, columns };
}

/** As SQL names it, on both databases. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quotedColumns(columns: readonly ColumnShape[]): string {
  return columns.map(({ name }) => quoted(name)).join(', ');
}

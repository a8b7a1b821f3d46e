import type { DataSource, DataSourceOptions, EntityTarget, ObjectLiteral } from 'typeorm';

/** The entity classes of a feature. */
export type Tables = readonly EntityTarget<ObjectLiteral>[];

/**
 * The open database: one way to write, one way to read.
 *
 * Two connections (pools), because TypeORM has a single SQLite connection on which a bare read or write beside a
 * transaction would silently become part of it; and because a read-only one turns a write outside a unit of work
 * into an error instead of a lost row.
 */
export interface Connections {
  readonly kind: 'sqlite' | 'postgres';
  /** Transactions only; used by UnitOfWork alone. */
  readonly writer: DataSource;
  /** Refuses every write. */
  readonly reader: DataSource;
  close(): Promise<void>;
}

/** What both databases share. Names are given in the entities; nothing is ever synchronised by guess. */
export function commonOptions(
  tables: Tables,
  migrations: readonly (new () => object)[],
): Pick<DataSourceOptions, 'synchronize' | 'logging' | 'migrationsTableName'> & {
  entities: EntityTarget<ObjectLiteral>[] & never[];
  migrations: never[];
} {
  return {
    entities: [...tables] as never[],
    migrations: [...migrations] as never[],
    migrationsTableName: 'schema_migrations',
    synchronize: false,
    logging: false,
  };
}

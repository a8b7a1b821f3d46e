import {
  AbstractLogger,
  type DataSource,
  type DataSourceOptions,
  type EntityTarget,
  type ObjectLiteral,
} from 'typeorm';
import type { Epochs } from './epochs.js';
import type { LookUp } from './look-up.js';
import type { Reserve } from './reserve.js';
import type { Company, Solitude } from './solitude.js';

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
  /** Whether anybody else writes. */
  readonly solitude: Solitude;
  /** The same where other brokers may write too and can be told apart; null where that cannot be. */
  readonly company: Company | null;
  /** Whether it is the same database as before. */
  readonly epochs: Epochs;
  /** Room for what must go on when the disk is full. */
  readonly reserve: Reserve;
  /**
   * A look-up that is made over and over: prepared once, past the query builder (P-3), on the reader.
   *
   * @param text gives two columns, the key and `found`, what stands there as `json_array` or `json_group_array`, where a column
   * is `= $1`
   */
  prepare(text: string): LookUp;
  close(): Promise<void>;
}

/** TypeORM tells of a migration that failed even where nothing is to be logged, and stdout is for JSON lines. */
class Silence extends AbstractLogger {
  protected override writeLog(): void {
    return;
  }
}

/** What both databases share. Names are given in the entities; nothing is ever synchronised by guess. */
export function commonOptions(
  tables: Tables,
  migrations: readonly (new () => object)[],
): Pick<DataSourceOptions, 'synchronize' | 'logging' | 'logger' | 'migrationsTableName'> & {
  entities: EntityTarget<ObjectLiteral>[] & never[];
  migrations: never[];
} {
  return {
    entities: [...tables] as never[],
    migrations: [...migrations] as never[],
    migrationsTableName: 'schema_migrations',
    synchronize: false,
    logging: false,
    logger: new Silence(),
  };
}

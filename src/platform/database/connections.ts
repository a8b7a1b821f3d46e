import {
  AbstractLogger,
  type DataSource,
  type DataSourceOptions,
  type EntityTarget,
  type ObjectLiteral,
} from 'typeorm';
import type { Soon } from '../../shared/soon.js';
import type { Epoch, Succession } from './epochs.js';
import type { LookUp, Value } from './look-up.js';
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
  /** What is missing of a database that answers. @throws Error when it does not */
  lacks(): Promise<ReadonlySet<Lack>>;
  /**
   * A look-up that is made over and over: prepared once, past the query builder (P-3), on the reader.
   *
   * @param text gives two columns, the key and `found`, what stands there as `json_array` or `json_group_array`, where a column
   * is `= $1`
   */
  prepare(text: string): LookUp;
  /** What a statement finds, on the reader; made once for each text. At once on SQLite. @param text as of `Statement` */
  read(text: string, values: readonly Value[]): Soon<readonly object[]>;
  /** Soon many will ask: makes bit by bit what would take from them while they do. Does not throw. */
  expectMany?(): Promise<void>;
  /** Soon it will be closed, and hardly anybody will ask: gives back bit by bit what would take others much time at once. */
  leave?(): void;
  close(): Promise<void>;
}

/** A part of the database without which the broker cannot serve: that it takes writes, and that its tables are there. */
export type Lack = 'database-writes' | 'database-tables';

export const LACKS_NOTHING: ReadonlySet<Lack> = new Set();

/** SQLite: nobody else changes the file while the broker has it. And for commands, which say at once what they cannot do. */
export const WITHOUT_LACKS = (): Promise<ReadonlySet<Lack>> => Promise.resolve(LACKS_NOTHING);

/** What is done about a new epoch before anybody reads or writes in it; `connections` are for that alone. */
export type Settle = (now: Epoch, how: Succession, connections: Connections) => Promise<void>;

/** In which epoch of the database this process works. */
export interface Epochs {
  /** That of the last look; null where there is none to know. */
  readonly current: Epoch | null;
  /** From now on no connection to another epoch is used until this has resolved for it. */
  settleBy(settle: Settle): void;
  /** Notices what can be noticed without a new connection. Does not throw. */
  look(): Promise<void>;
  /**
   * Another broker says where it works. If that is a later life of the same cluster, a standby took over, and this process is still led to
   * the primary before: no connection to that is used from now on.
   *
   * @returns whether that is so, and was not known before
   */
  hear(epoch: Pick<Epoch, 'system' | 'timeline'>): boolean;
}

/** SQLite: nothing in the file says that it was put back. */
export const NO_EPOCHS: Epochs = {
  current: null,
  settleBy: () => undefined,
  look: () => Promise.resolve(),
  hear: () => false,
};

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

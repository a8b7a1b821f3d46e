import type { Connections } from './connections.js';
import type { Row, TableShape } from './table-shape.js';

/** All rows of a database as they were at one moment, read while a broker goes on writing. */
export interface Snapshot {
  readonly kind: Connections['kind'];
  /** Shortly before its moment, by the clock that the broker lives by: what happened later may be in it, and never the other way round. */
  readonly createdAt: number;
  /** Names of the migrations the database went through. */
  readonly schema: readonly string[];
  /** Tables that others refer to first. */
  readonly tables: readonly TableShape[];
  count(table: TableShape): Promise<number>;
  /** A few hundred rows at a time. */
  rows(table: TableShape): AsyncIterable<readonly Row[]>;
  close(): Promise<void>;
}

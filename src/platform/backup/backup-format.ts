import { z } from 'zod';
import type { Cell, ColumnShape, Row, TableShape } from '../database/table-shape.js';

/**
 * A backup is gzipped lines of JSON: a header; for each table a line with its columns and a line for each row; a last
 * line with a checksum of all before. It says nothing in the words of one database, so that it can be restored on the
 * other. With a passphrase the whole of it is sealed (`sealed-stream.ts`).
 */
export interface BackupHeader {
  /** Milliseconds since the epoch, taken just before the moment of the rows. */
  readonly createdAt: number;
  readonly database: 'sqlite' | 'postgres';
  /** Names of the migrations that the database had gone through. */
  readonly schema: readonly string[];
  /** No broker ran meanwhile, so that nothing can have happened until one is started again. */
  readonly brokerStopped: boolean;
  /** Rows of each table. */
  readonly rows: Readonly<Record<string, number>>;
}

export interface BackupEnd {
  /** Of all tables. */
  readonly rows: number;
  /** Of every line before, line breaks included; lower-case hex. */
  readonly sha256: string;
}

const VERSION = 1;

const headerSchema = z
  .object({
    signpost: z.literal('backup'),
    version: z.literal(VERSION),
    createdAt: z.int().nonnegative(),
    database: z.enum(['sqlite', 'postgres']),
    schema: z.array(z.string()).min(1),
    brokerStopped: z.boolean(),
    rows: z.record(z.string(), z.int().nonnegative()),
  })
  .transform(({ signpost, version, ...header }): BackupHeader => header);

const NAME = z.string().regex(/^[a-z][a-z0-9_]{0,62}$/);
const tableSchema = z.object({
  table: NAME,
  columns: z
    .array(z.object({ name: NAME, kind: z.enum(['text', 'integer', 'boolean']), nullable: z.boolean() }))
    .min(1),
});

const endSchema = z.object({ end: z.literal(true), rows: z.int(), sha256: z.string() });

export function headerLine(header: BackupHeader): string {
  return JSON.stringify({ signpost: 'backup', version: VERSION, ...header });
}

export function tableLine({ name, columns }: TableShape): string {
  return JSON.stringify({ table: name, columns });
}

export function rowLine(row: Row): string {
  return JSON.stringify(row);
}

export function endLine(end: BackupEnd): string {
  return JSON.stringify({ end: true, ...end });
}

/** What a line of a backup can be, but the header. */
export type BackupLine =
  | { readonly is: 'table'; readonly table: TableShape }
  | { readonly is: 'row'; readonly row: Row }
  | { readonly is: 'end'; readonly end: BackupEnd };

/** @returns the header, or what kind of other file this is */
export function readHeader(line: string): BackupHeader | 'newer' | 'foreign' {
  const json = jsonOf(line);
  const header = headerSchema.safeParse(json);
  if (header.success) return header.data;
  const { signpost, version } = (json ?? {}) as { signpost?: unknown; version?: unknown };
  return signpost === 'backup' && typeof version === 'number' && version > VERSION ? 'newer' : 'foreign';
}

/** `columns`: those of the table that rows belong to now. @returns null for a line that cannot be one */
export function readLine(line: string, columns: readonly ColumnShape[]): BackupLine | null {
  const json = jsonOf(line);
  if (Array.isArray(json)) return isRow(json, columns) ? { is: 'row', row: json } : null;
  const table = tableSchema.safeParse(json);
  if (table.success) return { is: 'table', table: { name: table.data.table, columns: table.data.columns } };
  const end = endSchema.safeParse(json);
  return end.success ? { is: 'end', end: end.data } : null;
}

function isRow(cells: unknown[], columns: readonly ColumnShape[]): cells is Cell[] {
  return cells.length === columns.length && columns.every((column, at) => fits(cells[at], column));
}

function fits(cell: unknown, { kind, nullable }: ColumnShape): boolean {
  if (cell === null) return nullable;
  if (kind === 'text') return typeof cell === 'string';
  return kind === 'boolean' ? typeof cell === 'boolean' : Number.isSafeInteger(cell);
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

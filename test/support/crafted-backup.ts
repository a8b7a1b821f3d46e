import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';

interface Header {
  signpost: string;
  version: number;
  createdAt: number;
  schema: string[];
  rows: Record<string, number>;
}

/** A backup in pieces, to be changed and put together again with a right checksum. */
export interface Pieces {
  header: Header;
  /** Lines of JSON as they stand in the file. */
  tables: { name: string; columns: { name: string }[]; rows: unknown[][] }[];
}

export function piecesOf(file: string): Pieces {
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n').slice(0, -1);
  const [header, ...others] = lines.map((line) => JSON.parse(line) as unknown);
  const pieces: Pieces = { header: header as Header, tables: [] };
  for (const line of others) {
    if (Array.isArray(line)) pieces.tables.at(-1)?.rows.push(line);
    else {
      const { table, columns } = line as { table: string; columns: { name: string }[] };
      pieces.tables.push({ name: table, columns, rows: [] });
    }
  }
  return pieces;
}

/** Counts and checksum are made anew; `spoil` changes the text after that. */
export function craft(
  file: string,
  { header, tables }: Pieces,
  spoil = (text: string): string => text,
): string {
  const rows = Object.fromEntries(tables.map((table) => [table.name, table.rows.length]));
  const lines = [
    { ...header, rows },
    ...tables.flatMap((table) => [{ table: table.name, columns: table.columns }, ...table.rows]),
  ];
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const count = tables.reduce((sum, table) => sum + table.rows.length, 0);
  const end = { end: true, rows: count, sha256: createHash('sha256').update(text).digest('hex') };
  writeFileSync(file, gzipSync(spoil(`${text}${JSON.stringify(end)}\n`)));
  return file;
}

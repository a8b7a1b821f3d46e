import { ofPostgres, type Value } from './look-up.js';

type Rows = readonly object[];
type Values = readonly Value[];

/** A statement of PostgreSQL that several units of work can make as one: a round trip costs more than what it asks for (P-6). */
export interface Joinable {
  /** Whether anything would have to be undone. */
  readonly writes: boolean;
  /** The statement for all who ask. @param all what each of them gives */
  ask(all: readonly Values[]): { readonly text: string; readonly values: readonly unknown[] };
  /** What of its rows is for each of them. */
  shares(rows: Rows, all: readonly Values[]): readonly Rows[];
}

/** Until the end of the transaction; says whether it was had at once. Nobody waits for it, so that no two can wait for each other. */
export const TRY_TURN: Joinable = {
  writes: false,
  ask: (all) => ({
    text: `SELECT pg_try_advisory_xact_lock(hashtextextended(subject, 0)) AS held
  FROM unnest($1::varchar[]) WITH ORDINALITY AS asked(subject, nth) ORDER BY nth`,
    values: [all.map(([subject]) => subject)],
  }),
  shares: (rows) => rows.map((row) => [row]),
};

/** @param text as of `Connections.prepare` */
export function joinableLookUp(text: string): Joinable {
  const own = ofPostgres(text);
  return {
    writes: false,
    ask: (all) => ({ text: own, values: [all.map(([key]) => key)] }),
    shares: (rows, all) => {
      const found = new Map(rows.map((row) => [Object.values(row)[0] as Value, [row]]));
      return all.map(([key]) => found.get(key ?? null) ?? []);
    },
  };
}

/**
 * A statement that writes and gives no rows. Those who join write different rows (`UnitOfWork.runJoined`): one row that two of
 * them name is written once.
 *
 * @param text `UPDATE … SET … WHERE …` or `INSERT … VALUES (…)`, with `$1`, `$2`, …
 * @returns null: it is of another form
 */
export function joinableWrite(text: string): Joinable | null {
  if (
    !/^\s*(?:UPDATE [^]* WHERE |INSERT [^]* VALUES \([^()]*\)\s*$)/.test(text) ||
    text.includes('RETURNING')
  )
    return null;
  return {
    writes: true,
    ask: (all) => {
      const [one = []] = all;
      if (all.length === 1) return { text, values: one };
      const columns = one.map((_, at) => all.map((values) => values[at] ?? null));
      return { text: forMany(text, columns.map(typeOf)), values: columns };
    },
    shares: (_, all) => all.map(() => []),
  };
}

function typeOf(column: Values): string {
  return column.some((value) => typeof value === 'number') ? 'bigint' : 'varchar';
}

function forMany(text: string, types: readonly string[]): string {
  const arrays = types.map((type, at) => `$${at + 1}::${type}[]`).join(', ');
  const names = types.map((_, at) => `v${at + 1}`).join(', ');
  const source = `FROM unnest(${arrays}) AS given(${names})`;
  return text
    .replace(/\$(\d+)/g, 'given.v$1')
    .replace(/ VALUES \(([^()]*)\)\s*$/, (_, values: string) => ` SELECT ${values} ${source}`)
    .replace(/\sWHERE /, () => ` ${source} WHERE `);
}

/** The values that a label can have: listed, or names that stand in the code, such as those of routes. */
type LabelValues = readonly string[] | typeof NAMES_IN_THE_CODE;
export const NAMES_IN_THE_CODE = 'names in the code';

export type Labels = Readonly<Record<string, LabelValues>>;
export type Given<L extends Labels> = {
  readonly [K in keyof L]: L[K] extends readonly (infer V)[] ? V : string;
};

export interface Declaration<L extends Labels> {
  /** `signpost_…`, with the unit at the end; `…_total` for what only grows. */
  readonly name: string;
  /** One sentence for operators. */
  readonly help: string;
  readonly labels: L;
}

/** What `/metrics` and the documents need to know of a metric. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly labels: Labels;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** As lines `name{labels} number`; what cannot be read is left out. */
  samples(): readonly string[] | Promise<readonly string[]>;
}

/** Series of one metric at most; whatever comes beyond is counted as `other`. More than the code has names. */
const MOST_SERIES = 2_000;
const OTHER = 'other';

/** What all kinds of metrics share: their series, each found by the values of its labels. */
export abstract class Family<L extends Labels, Series> {
  readonly name: string;
  readonly help: string;
  readonly labels: L;
  readonly #names: readonly string[];
  readonly #series = new Map<string, Series>();
  /** The same by the bare values: writing labels out costs more than counting. */
  readonly #known = new Map<string, Series>();

  constructor({ name, help, labels }: Declaration<L>) {
    this.name = name;
    this.help = help;
    this.labels = labels;
    this.#names = Object.keys(labels);
  }

  /** The series of these values. Whoever counts often keeps it, and saves the look for it. */
  series(given: Given<L>): Series {
    const values = this.#names.map((name) => (given as Readonly<Record<string, string>>)[name] ?? '');
    const bare = values.join('\0');
    const known = this.#known.get(bare);
    if (known !== undefined) return known;
    const found = this.#find(values);
    if (this.#known.size < MOST_SERIES) this.#known.set(bare, found);
    return found;
  }

  /** Makes the series of all listed values, at nought: a first event is then seen as growth. */
  open(): this {
    const lists = Object.values<LabelValues>(this.labels);
    if (lists.includes(NAMES_IN_THE_CODE)) return this;
    for (const values of combinations(lists as (readonly string[])[])) this.#add(this.#written(values));
    return this;
  }

  protected abstract make(): Series;

  /** By their labels, written as `a="b",c="d"`. */
  protected all(): IterableIterator<[labels: string, Series]> {
    return this.#series.entries();
  }

  #find(values: readonly string[]): Series {
    const key = this.#written(values);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (this.#series.size < MOST_SERIES) return this.#add(key);
    const other = this.#written(this.#names.map(() => OTHER));
    return this.#series.get(other) ?? this.#add(other);
  }

  #written(values: readonly string[]): string {
    return this.#names.map((name, index) => `${name}="${escaped(values[index] ?? '')}"`).join(',');
  }

  #add(key: string): Series {
    const made = this.make();
    this.#series.set(key, made);
    return made;
  }
}

/** A line of `/metrics`. */
export function sample(name: string, labels: string, value: number): string {
  return labels === '' ? `${name} ${value}` : `${name}{${labels}} ${value}`;
}

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (sign) => (sign === '\n' ? '\\n' : `\\${sign}`));
}

function combinations(lists: readonly (readonly string[])[]): string[][] {
  const start: string[][] = [[]];
  return lists.reduce((rows, list) => rows.flatMap((row) => list.map((value) => [...row, value])), start);
}

/**
 * Numbers for operators. A metric is declared once, as a constant beside what it counts, and is the same for the whole
 * process; `docs/metrics.md` is made from the declarations.
 *
 * Counting is adding to a number in memory: nothing is written, locked or sent until somebody asks. What a caller typed
 * never becomes a label, so nobody outside decides how many series there are.
 */
import { Family, NAMES_IN_THE_CODE, sample, type Declaration, type Labels, type Metric } from './family.js';
import type { Given } from './family.js';

export { NAMES_IN_THE_CODE, type Metric } from './family.js';

const declared = new Map<string, Metric>();

/** Every metric of the modules loaded so far, by name. */
export function declaredMetrics(): Metric[] {
  return [...declared.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function counter<const L extends Labels>(declaration: Declaration<L>): Counter<L> {
  return declare(new Counter(declaration).open());
}

export function gauge<const L extends Labels>(declaration: Declaration<L>): Gauge<L> {
  return declare(new Gauge(declaration));
}

/** Seconds; the bounds that performance and load are judged by (R-12, R-40, R-41, P-7) are among them. */
const SECONDS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15];

/** `bounds`: upper ends of the buckets, ascending. */
export function histogram<const L extends Labels>(
  declaration: Declaration<L>,
  bounds: readonly number[] = SECONDS,
): Histogram<L> {
  return declare(new Histogram(declaration, bounds).open());
}

function declare<M extends Metric>(metric: M): M {
  if (declared.has(metric.name)) throw new Error(`two metrics are called ${metric.name}`);
  declared.set(metric.name, metric);
  return metric;
}

/** A number that only grows. */
export class Count {
  value = 0;

  add(by = 1): void {
    this.value += by;
  }
}

class Counter<L extends Labels> extends Family<L, Count> implements Metric {
  readonly type = 'counter';

  count(given: Given<L>, by = 1): void {
    this.series(given).add(by);
  }

  samples(): string[] {
    return [...this.all()].map(([labels, { value }]) => sample(this.name, labels, value));
  }

  protected override make(): Count {
    return new Count();
  }
}

/** How long things took, or how large they were, sorted into buckets. */
export class Distribution {
  readonly counts: number[];
  sum = 0;

  constructor(readonly bounds: readonly number[]) {
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  observe(value: number): void {
    let bucket = 0;
    while (bucket < this.bounds.length && value > (this.bounds[bucket] ?? 0)) bucket += 1;
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.sum += value;
  }
}

class Histogram<L extends Labels> extends Family<L, Distribution> implements Metric {
  readonly type = 'histogram';

  constructor(
    declaration: Declaration<L>,
    private readonly bounds: readonly number[],
  ) {
    super(declaration);
  }

  observe(given: Given<L>, value: number): void {
    this.series(given).observe(value);
  }

  samples(): string[] {
    return [...this.all()].flatMap(([labels, series]) => this.#lines(labels, series));
  }

  protected override make(): Distribution {
    return new Distribution(this.bounds);
  }

  #lines(labels: string, { counts, sum }: Distribution): string[] {
    let total = 0;
    const buckets = [...this.bounds, '+Inf'].map((bound, index) => {
      total += counts[index] ?? 0;
      const within = labels === '' ? `le="${bound}"` : `${labels},le="${bound}"`;
      return sample(`${this.name}_bucket`, within, total);
    });
    const ends = [sample(`${this.name}_sum`, labels, sum), sample(`${this.name}_count`, labels, total)];
    return [...buckets, ...ends];
  }
}

type Read = () => number | undefined | Promise<number | undefined>;

/** How a number is read. */
class Reading {
  read: Read = () => undefined;
}

class Gauge<L extends Labels> extends Family<L, Reading> implements Metric {
  readonly type = 'gauge';

  /** Read whenever somebody asks; the last one given counts. `undefined` and what throws leave the number out. */
  readBy(given: Given<L>, read: Read): void {
    this.series(given).read = read;
  }

  async samples(): Promise<string[]> {
    const lines = [...this.all()].map(async ([labels, { read }]) => {
      const value = await this.#tried(read);
      return value === undefined ? [] : [sample(this.name, labels, value)];
    });
    return (await Promise.all(lines)).flat();
  }

  protected override make(): Reading {
    return new Reading();
  }

  async #tried(read: Read): Promise<number | undefined> {
    try {
      return await read();
    } catch {
      unread.count({ metric: this.name });
      return undefined;
    }
  }
}

const unread = counter({
  name: 'signpost_metrics_unread_total',
  help: 'Numbers that could not be read when the metrics were asked for, such as the backlog of mail while the database is away.',
  labels: { metric: NAMES_IN_THE_CODE },
});

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { declaredMetrics, type Metric } from '../../src/platform/metrics/metrics.js';

/** Another test file in this process may have declared some of its own. */
export const metricsOfBroker = (): Metric[] =>
  declaredMetrics().filter(({ name }) => !name.startsWith('signpost_test_'));

/** The code of the broker, a text for each file. */
export function sourceOfBroker(): string[] {
  const folder = inCheckout('src');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file))
    .map((file) => readFileSync(join(folder, file), 'utf8'));
}

/** Where values are listed: the labels of a declaration, and lists that it takes them from. */
const LISTS = /labels: \{[^}]*\}|= \[[^\]]*\] as const/g;

/**
 * Whether code that counts a metric names a value of its labels outside the declaration: code of the file with the
 * declaration, or of one that uses something of that file.
 */
export function namesValue(source: readonly string[], metric: string, value: string): boolean {
  const declaring = source.find((text) => text.includes(`name: '${metric}'`)) ?? '';
  const exported = [...declaring.matchAll(/^export (?:const|function|class|abstract class) (\w+)/gm)];
  const names = new RegExp(`\\b(?:${exported.map(([, name = '']) => name).join('|') || '$^'})\\b`);
  const counting = source.filter((text) => text === declaring || names.test(text));
  // A key of a table is no event: there may be a table of what each value is called.
  return counting.some((text) => new RegExp(`'${value}'(?!:)`).test(text.replace(LISTS, '')));
}

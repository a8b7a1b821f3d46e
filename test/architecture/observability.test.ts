import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { metricList } from '../../scripts/lib/metric-list.mjs';
import { OpsListener } from '../../src/edges/ops/ops-listener.service.js';
import { CryptoModule } from '../../src/platform/crypto/crypto.module.js';
import { declaredMetrics, type Metric } from '../../src/platform/metrics/metrics.js';
import { sql } from '../connect/cast.js';
import { TestBroker } from '../support/broker.js';
import { metricsOfBroker, sourceOfBroker } from '../support/metric-declarations.js';
import { Scraper } from '../support/scrape.js';

const read = (file: string): string => readFileSync(inCheckout(`config/observability/${file}`), 'utf8');

/** An expression of PromQL, and the labels that are shown of what it finds. */
interface Question {
  readonly expr: string;
  readonly shown: readonly string[];
}

const labelsIn = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, name = '']) => name);

/** Of an alert from its name to that of the next. */
const alerts: Question[] = read('alerts.yaml')
  .split(/^ +- alert: /m)
  .slice(1)
  .map((text) => ({ expr: text, shown: labelsIn(text, /\$labels\.(\w+)/g) }));

interface Panel {
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}
const { panels } = JSON.parse(read('dashboard.json')) as { panels: readonly Panel[] };
const shown: Question[] = panels.flatMap(({ targets = [] }) =>
  targets.map(({ expr, legendFormat }) => ({ expr, shown: labelsIn(legendFormat, /\{\{(\w+)\}\}/g) })),
);

/** Prometheus puts these to every series. */
const OF_PROMETHEUS = ['job', 'instance'];
const DURATIONS = /_(?:bucket|sum|count)$/;

let broker: TestBroker;
let opsUrl: string;
let samples: readonly string[];
beforeAll(async () => {
  broker = await TestBroker.start();
  opsUrl = await broker.app.get(OpsListener).listen();
  samples = [...(await new Scraper(opsUrl).scraped()).keys()];
});

afterAll(() => broker.remove());

const metricOf = (series: string): Metric | undefined => {
  const named = new Map(declaredMetrics().map((metric) => [metric.name, metric]));
  return named.get(series) ?? named.get(series.replace(DURATIONS, ''));
};

const labelsOf = (series: string): string[] => [
  ...OF_PROMETHEUS,
  ...Object.keys(metricOf(series)?.labels ?? {}),
  ...(series.endsWith('_bucket') ? ['le'] : []),
];

/** Codes of refusals, and what the numbers call the rest. */
function reasons(): string[] {
  const codes = labelsIn(sourceOfBroker().join('\n'), /new DomainError\(\s*'[a-z-]+',\s*'([a-z-]+)'/g);
  return [...codes, 'http', 'trouble'];
}

/** Values that a label can have, where they are listed or are names in the code. */
function valuesOf(series: string, label: string): readonly string[] {
  const listed = metricOf(series)?.labels[label];
  if (typeof listed === 'object') return listed;
  if (label === 'reason') return reasons();
  if (label === 'status') return ['200', '401', '404', '429', '503', '507'];
  const own = samples.filter((line) => line.startsWith(`${series}{`));
  if (label === 'le') return own.flatMap((line) => labelsIn(line, /\ble="([^"]+)"/g));
  // Every route is among these from the start.
  if (label === 'route')
    return samples.flatMap((line) => labelsIn(line, /^signpost_troubles_total.*route="([^"]+)"/g));
  throw new Error(`it is not known what ${label} of ${series} can be`);
}

/** What a selector says that cannot be. */
function wrongIn(expr: string): string[] {
  return [...expr.matchAll(/\b(signpost_\w+)(?:\{([^}]*)\})?/g)].flatMap(([, series = '', selector = '']) =>
    [...selector.matchAll(/(\w+)(=~|!~|!=|=)"([^"]*)"/g)].flatMap(
      ([text, label = '', sign = '', value = '']) => {
        if (!labelsOf(series).includes(label)) return [`${series}: ${text}`];
        if (OF_PROMETHEUS.includes(label)) return [];
        const alternatives = sign.includes('~') ? value.split('|') : [value];
        const fits = (one: string): boolean =>
          valuesOf(series, label).some((known) => new RegExp(`^(?:${one})$`).test(known));
        return alternatives.filter((one) => !fits(one)).map((one) => `${series}: ${label}="${one}"`);
      },
    ),
  );
}

/** Labels that it keeps or shows although none of its series has them, or it has summed them up. */
function missingIn({ expr, shown: named }: Question): string[] {
  const had = [...OF_PROMETHEUS, ...labelsIn(expr, /\b(signpost_\w+)/g).flatMap(labelsOf)];
  const kept = labelsIn(expr, /\bby \(([^)]*)\)/g).flatMap((list) => list.split(/,\s*/).filter(Boolean));
  const isSummed = /\b(?:sum|max|min|count)(?: by \([^)]*\))? ?\(/.test(expr);
  return [
    ...kept.filter((label) => !had.includes(label)),
    ...named.filter((label) => !(isSummed ? kept : had).includes(label)),
  ];
}

test('docs/metrics.md is what the declarations say, all of them and no others: npm run generate', () => {
  expect(readFileSync(inCheckout('docs/metrics.md'), 'utf8')).toBe(metricList(metricsOfBroker()));
});

test('every metric is named with its prefix and unit', () => {
  for (const { name, type } of metricsOfBroker()) {
    expect(name).toMatch(/^signpost_[a-z][a-z_]*[a-z]$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
  }
});

describe.each([
  ['alerts', alerts],
  ['the dashboard', shown],
])('in %s', (_where, questions) => {
  test('every metric is one', () => {
    const names = questions.flatMap(({ expr }) => labelsIn(expr, /\b(signpost_\w+)/g));
    expect(names.length).toBeGreaterThan(20);
    const told = new Set(samples.map((line) => line.replace(/\{.*/, '')));
    expect(names.filter((name) => !told.has(name) && metricOf(name) === undefined)).toEqual([]);
  });

  test('every label that is chosen by, and every value, is one', () => {
    expect(questions.flatMap(({ expr }) => wrongIn(expr))).toEqual([]);
  });

  test('every label that is shown is there', () => {
    expect(questions.flatMap(missingIn)).toEqual([]);
  });
});

test('the dashboard shows every metric', () => {
  const names = new Set(
    shown.flatMap(({ expr }) => labelsIn(expr, /\b(signpost_\w+)/g)).map((name) => metricOf(name)?.name),
  );
  const unseen = metricsOfBroker().map(({ name }) => name);
  expect(unseen.filter((name) => !names.has(name))).toEqual([]);
});

test('signing keys that no longer open are told, and requests are served all the same with those in memory', async () => {
  const health = async (): Promise<[number, string]> => {
    const answer = await fetch(`${opsUrl}/health/ready`);
    return [answer.status, await answer.text()];
  };
  const change = (sealed: string): Promise<unknown> =>
    sql(broker, `UPDATE signing_keys SET sealed = ${sealed}`);
  const published = async (): Promise<string> => (await fetch(`${broker.url}/oidc/jwks`)).text();
  const before = await published();
  await change(`sealed || 'A'`);
  await expect(broker.app.get(CryptoModule).takeNewKeys()).rejects.toThrow('cannot be opened');
  expect(await health()).toEqual([200, expect.stringContaining('"key-ring"')]);
  expect(await published()).toBe(before);
  await change(`substr(sealed, 1, length(sealed) - 1)`);
  await broker.app.get(CryptoModule).takeNewKeys();
  expect((await health())[1]).not.toContain('"key-ring"');
});

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { metricList } from '../../scripts/lib/metric-list.mjs';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { OpsListener } from '../../src/edges/ops/ops-listener.service.js';
import { ChangeFeed } from '../../src/platform/changes/change-feed.js';
import type { Connections } from '../../src/platform/database/connections.js';
import { measurePool } from '../../src/platform/database/database-metrics.js';
import { IN_COMPANY } from '../../src/platform/database/solitude.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { Limiter } from '../../src/platform/limits/limiter.js';
import { declaredMetrics } from '../../src/platform/metrics/metrics.js';
import { Random } from '../../src/shared/random.js';
import { ask } from '../connect/ask.js';
import { acceptedLink, account, device, server } from '../connect/cast.js';
import { TestBroker } from '../support/broker.js';

let broker: TestBroker;
let opsUrl = '';
/** Every sample that was ever anything but nought. */
const moved = new Set<string>();

beforeAll(async () => {
  broker = await TestBroker.start({ LIMITS: 'on' });
  opsUrl = await broker.app.get(OpsListener).listen();
});
afterAll(() => broker.remove());

/** What `/metrics` says now, by sample. */
async function scraped(): Promise<Map<string, number>> {
  const answer = await fetch(`${opsUrl}/metrics`);
  const samples = new Map<string, number>();
  for (const line of (await answer.text()).split('\n')) {
    const [, sample = '', value = ''] = /^([^# ].*) (\S+)$/.exec(line) ?? [];
    samples.set(sample, Number(value));
    if (Number(value) !== 0) moved.add(sample);
  }
  return samples;
}

/** By how much the samples grew while something was done. */
async function growth(act: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await scraped();
  await act();
  const after = await scraped();
  const grown = [...after].map(([sample, value]) => [sample, value - (before.get(sample) ?? 0)] as const);
  return Object.fromEntries(grown.filter(([, by]) => by !== 0));
}

/** A unit of work on a database that answers COMMIT as it is told. */
function unitOfWork(commit: () => Promise<void>): UnitOfWork {
  const query = (sql: string): Promise<void> => (sql === 'COMMIT' ? commit() : Promise.resolve());
  const writer = {
    options: { type: 'postgres' },
    createQueryRunner: () => ({ query, release: () => Promise.resolve() }),
    createEntityManager: () => ({}),
  };
  const connections = { kind: 'postgres', writer, solitude: IN_COMPANY } as unknown as Connections;
  return new UnitOfWork(connections, broker.app.get(Random));
}

test('docs/metrics.md is what the declarations say, all of them and no others: npm run generate', () => {
  expect(readFileSync(inCheckout('docs/metrics.md'), 'utf8')).toBe(metricList(declaredMetrics()));
});

test('every metric is named with its prefix and unit', () => {
  for (const { name, type } of declaredMetrics()) {
    expect(name).toMatch(/^signpost_[a-z][a-z_]*[a-z]$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
  }
});

test('requests are counted by route, never by path, and failures by their reason', async () => {
  const grown = await growth(async () => {
    await ask(broker, 'GET', 'servers', { token: 'nobody', query: { secret: 'hunter2' } });
    await ask(broker, 'GET', 'no/such/path/hunter2');
  });
  const route = 'method="GET",route="/service/servers",status="4xx"';
  expect(grown).toMatchObject({
    [`signpost_http_request_duration_seconds_count{${route}}`]: 1,
    'signpost_http_request_duration_seconds_count{method="GET",route="none",status="4xx"}': 1,
    'signpost_failures_total{route="/service/servers",status="401",reason="signed-out"}': 1,
    'signpost_failures_total{route="none",status="404",reason="http"}': 1,
  });
  expect(Object.keys(grown).join('\n')).not.toContain('hunter2');
});

test('limits are counted by bucket', async () => {
  const rule = { bucket: 'test', key: 'anybody', limit: 1, windowMs: 1_000 };
  const take = (): Promise<void> => broker.app.get(Limiter).take([rule]);
  const grown = await growth(() => Promise.allSettled([take(), take(), take()]));
  expect(grown).toMatchObject({
    'signpost_limits_total{bucket="test",outcome="passed"}': 1,
    'signpost_limits_total{bucket="test",outcome="refused"}': 2,
  });
});

test('what is remembered is counted, and what the feed said', async () => {
  const anna = await account(broker, 'anna');
  await acceptedLink(broker, await server(broker, 'Den'), anna);
  const token = await device(broker, anna);
  const list = (): Promise<unknown> => ask(broker, 'GET', 'servers', { token });
  await list();
  const hits = await growth(list);
  expect(hits['signpost_cache_lookups_total{cache="tokens",outcome="hit"}']).toBeGreaterThan(0);
  expect(hits['signpost_cache_lookups_total{cache="lists",outcome="hit"}']).toBeGreaterThan(0);
  const now = await scraped();
  expect(now.get('signpost_cache_entries{cache="lists"}')).toBe(1);
  expect(now.get('signpost_cache_bytes{cache="lists"}')).toBe(2_700);
  expect(now.get('signpost_feed_hears_all')).toBe(1);
  const doubts = await growth(() => {
    broker.app.get(ChangeFeed).doubt();
    return Promise.resolve();
  });
  expect(doubts).toMatchObject({
    'signpost_feed_events_total{event="doubt"}': 1,
    'signpost_feed_events_total{event="missed"}': 1,
    signpost_feed_hears_all: -1,
  });
});

test('transactions are counted by what came of them', async () => {
  const nothing = (): Promise<void> => Promise.resolve();
  const committed = await growth(() => unitOfWork(nothing).run(nothing));
  expect(committed['signpost_units_of_work_duration_seconds_count{outcome="committed"}']).toBe(1);
  let races = 2;
  const lost = Object.assign(new Error('somebody was faster'), { code: '40001' });
  const raced = await growth(() =>
    unitOfWork(() => (races-- > 0 ? Promise.reject(lost) : nothing())).run(nothing),
  );
  expect(raced['signpost_units_of_work_repeated_total']).toBe(2);
  const away = (): Promise<void> => Promise.reject(new Error('away'));
  const doubted = await growth(() => unitOfWork(away).run(nothing).catch(nothing));
  expect(doubted).toMatchObject({
    signpost_commits_in_doubt_total: 1,
    'signpost_units_of_work_duration_seconds_count{outcome="failed"}': 1,
  });
  const pool = { totalCount: 3, idleCount: 1, waitingCount: 4 };
  measurePool('writer', pool as Parameters<typeof measurePool>[1]);
  const now = await scraped();
  expect(now.get('signpost_database_connections{pool="writer",state="busy"}')).toBe(2);
});

/** Last: the tests before it are the ones that move them. */
test('every metric moves in one of these tests', () => {
  const still = declaredMetrics()
    .map(({ name }) => name)
    .filter((name) => ![...moved].some((sample) => sample.startsWith(name)));
  expect(still).toEqual(['signpost_metrics_unread_total']);
});

import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Listeners } from '../../src/edges/api/servers/listeners.service.js';
import { OpsListener } from '../../src/edges/ops/ops-listener.service.js';
import { DiscoveryService, ListsAhead } from '../../src/features/discovery/index.js';
import { PinsService } from '../../src/features/pins/index.js';
import { RestoreHold } from '../../src/features/restores/index.js';
import { noteBackup } from '../../src/platform/backup/last-backup.js';
import { ChangeFeed } from '../../src/platform/changes/change-feed.js';
import type { Connections } from '../../src/platform/database/connections.js';
import { CONNECTIONS } from '../../src/platform/database/database.module.js';
import { measurePool } from '../../src/platform/database/database-metrics.js';
import { OpenCommits } from '../../src/platform/database/open-commits.js';
import { StandbyWatch } from '../../src/platform/database/standby-watch.js';
import { HashThreads } from '../../src/platform/crypto/hash-threads.js';
import { PasswordHasher } from '../../src/platform/crypto/password-hasher.js';
import { countOverloaded } from '../../src/platform/http/http-metrics.js';
import { Readiness } from '../../src/platform/http/readiness.js';
import { Jobs } from '../../src/platform/jobs/jobs.service.js';
import { Limiter } from '../../src/platform/limits/limiter.js';
import { declaredMetrics } from '../../src/platform/metrics/metrics.js';
import { RedisLink } from '../../src/platform/redis/redis-link.js';
import { HOUR, MINUTE } from '../../src/shared/clock.js';
import { DomainError } from '../../src/shared/domain-error.js';
import { signIn } from '../api/app-token.js';
import { api } from '../api/ask-api.js';
import { ask, askAt, type Answer } from '../connect/ask.js';
import { acceptedLink, account, device, server, sql } from '../connect/cast.js';
import { TestBroker } from '../support/broker.js';
import { eventually } from '../support/eventually.js';
import { PASSWORD } from '../support/people.js';
import { metricsOfBroker, namesValue, sourceOfBroker } from '../support/metric-declarations.js';
import { Scraper } from '../support/scrape.js';
import { unitOfWorkThatCommits } from '../support/scripted-unit-of-work.js';

let broker: TestBroker;
let metrics: Scraper;

beforeAll(async () => {
  broker = await TestBroker.start({ LIMITS: 'on', TRUST_PROXY: '127.0.0.1' });
  metrics = new Scraper(await broker.app.get(OpsListener).listen());
});
afterAll(() => broker.remove());

const nothing = (): Promise<void> => Promise.resolve();

/** While these tables are away. */
async function without(tables: readonly string[], act: () => Promise<unknown>): Promise<void> {
  for (const table of tables) await sql(broker, `ALTER TABLE ${table} RENAME TO hidden_${table}`);
  await act();
  for (const table of tables) await sql(broker, `ALTER TABLE hidden_${table} RENAME TO ${table}`);
}

test('requests are counted by route, never by path, and failures by their reason', async () => {
  const grown = await metrics.growth(async () => {
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

test('trouble is counted by route, each there before its first, so that an alert sees that one grow', async () => {
  const series = 'signpost_troubles_total{route="/service/pin"}';
  const before = await metrics.scraped();
  // Other test files of this process may have had theirs.
  expect([before.has(series), before.has('signpost_troubles_total{route="none"}')]).toEqual([true, true]);
  const grown = await metrics.growth(() =>
    without(['pins'], () => ask(broker, 'POST', 'pin', { form: { deviceId: 'tv' } })),
  );
  expect(grown).toMatchObject({ [series]: 1, 'signpost_pins_total{step="failed"}': 1 });
});

test('an outage is counted as such by whoever meets it', async () => {
  const [gerd, den] = [await account(broker, 'gerd'), await server(broker, 'Den')];
  const token = await device(broker, gerd);
  const form = { nameOrEmail: 'gerd', rawpw: PASSWORD };
  const grown = await metrics.growth(async () => {
    await without(['accounts'], () => ask(broker, 'POST', 'user/authenticate', { form }));
    await without(['accounts'], () =>
      ask(broker, 'GET', 'user', { key: den.key, query: { nameOrEmail: 'gerd' } }),
    );
    await without(['links'], () => ask(broker, 'GET', 'servers', { token }));
    await without(['links'], () => ask(broker, 'GET', 'ServerAuthorizations', { key: den.key }));
  });
  expect(grown).toMatchObject({
    'signpost_sign_ins_total{outcome="failed"}': 1,
    'signpost_lookups_total{outcome="failed"}': 1,
    'signpost_list_read_duration_seconds_count{list="account",outcome="failed"}': 1,
    'signpost_list_read_duration_seconds_count{list="server",outcome="failed"}': 1,
  });
});

test('what is refused before it reaches a route is counted as that route', async () => {
  const grown = await metrics.growth(() => countOverloaded('GET', '/service/servers', 0.2));
  expect(grown).toMatchObject({
    'signpost_http_request_duration_seconds_bucket{method="GET",route="/service/servers",status="5xx",le="0.25"}': 1,
    'signpost_failures_total{route="/service/servers",status="503",reason="overloaded"}': 1,
  });
});

test('limits are counted by bucket', async () => {
  const rule = { bucket: 'test', key: 'anybody', limit: 1, windowMs: 1_000 };
  const take = (): Promise<unknown> => broker.app.get(Limiter).take([rule]);
  const grown = await metrics.growth(() => Promise.allSettled([take(), take(), take()]));
  expect(grown).toMatchObject({
    'signpost_limits_total{bucket="test",outcome="passed"}': 1,
    'signpost_limits_total{bucket="test",outcome="refused"}': 2,
  });
});

test('what is remembered is counted, and what the feed said', async () => {
  const anna = await account(broker, 'anna');
  const den = await server(broker, 'Den');
  await acceptedLink(broker, den, anna);
  const [token, { token: bearer }] = [await device(broker, anna), await signIn(broker, anna)];
  const list = (): Promise<unknown> => ask(broker, 'GET', 'servers', { token });
  const first = await metrics.growth(list);
  const read = '{list="account",outcome="complete"}';
  expect(first[`signpost_list_read_duration_seconds_count${read}`]).toBe(1);
  const hits = await metrics.growth(list);
  expect(hits['signpost_cache_lookups_total{cache="tokens",outcome="hit"}']).toBeGreaterThan(0);
  expect(hits['signpost_cache_lookups_total{cache="lists",outcome="hit"}']).toBeGreaterThan(0);
  const { id, key, ...form } = {
    id: den.id,
    key: den.key,
    name: 'Den',
    url: den.url,
    systemId: den.systemId,
  };
  const others = await metrics.growth(async () => {
    // The first update tells something new, so that what was remembered is dropped.
    for (const call of [{ bearer }, { bearer }]) {
      expect((await ask(broker, 'POST', 'Servers', { key, query: { id }, form })).status).toBe(200);
      expect((await api(broker, 'GET', 'servers', call)).status).toBe(200);
    }
  });
  expect(others['signpost_cache_lookups_total{cache="servers",outcome="miss"}']).toBeGreaterThan(0);
  expect(others['signpost_cache_lookups_total{cache="sign-ins",outcome="hit"}']).toBeGreaterThan(0);
  const answered =
    'signpost_http_request_duration_seconds_count{method="GET",route="/service/servers",status="2xx"}';
  expect(hits[answered]).toBe(1);
  const now = await metrics.scraped();
  expect(now.get('signpost_cache_entries{cache="packed-lists"}')).toBe(1);
  expect(now.get('signpost_cache_bytes{cache="packed-lists"}')).toBeGreaterThan(500);
  expect(now.get('signpost_cache_entries{cache="lists"}')).toBe(0);
  broker.app.get(DiscoveryService).follow(anna.id)();
  expect((await metrics.scraped()).get('signpost_cache_entries{cache="lists"}')).toBe(1);
  expect(now.get('signpost_feed_hears_all')).toBe(1);
  const ahead = await metrics.growth(() => {
    broker.app.get(ListsAhead).begin();
    return broker.app.get(Jobs).idle();
  });
  expect(ahead['signpost_lists_read_ahead']).toBe(1);
  const doubts = await metrics.growth(() => broker.app.get(ChangeFeed).doubt());
  expect(doubts).toMatchObject({
    'signpost_feed_events_total{event="doubt"}': 1,
    'signpost_feed_events_total{event="missed"}': 1,
    signpost_feed_hears_all: -1,
  });
});

test('transactions are counted by what came of them', async () => {
  const committed = await metrics.growth(() => unitOfWorkThatCommits(nothing).run(nothing));
  expect(committed['signpost_units_of_work_duration_seconds_count{outcome="committed"}']).toBe(1);
  let races = 2;
  const lost = Object.assign(new Error('somebody was faster'), { code: '40001' });
  const race = (): Promise<void> => (races-- > 0 ? Promise.reject(lost) : nothing());
  const raced = await metrics.growth(() => unitOfWorkThatCommits(race).run(nothing));
  expect(raced['signpost_units_of_work_repeated_total']).toBe(2);
  const away = (): Promise<void> => Promise.reject(new Error('away'));
  const doubted = await metrics.growth(() => unitOfWorkThatCommits(away).run(nothing).catch(nothing));
  expect(doubted).toMatchObject({
    signpost_commits_in_doubt_total: 1,
    'signpost_units_of_work_duration_seconds_count{outcome="failed"}': 1,
  });
  const together = (commit: () => Promise<void>, first: () => Promise<void>): Promise<unknown> => {
    const unitOfWork = unitOfWorkThatCommits(commit);
    return Promise.allSettled([first, nothing].map((work) => unitOfWork.runJoined(work)));
  };
  const shared = await metrics.growth(async () => {
    await together(nothing, nothing);
    await together(away, nothing);
  });
  expect(shared).toMatchObject({
    'signpost_joined_transactions_total{outcome="committed"}': 1,
    'signpost_joined_transactions_total{outcome="failed"}': 1,
  });
  const pool = { totalCount: 3, idleCount: 1, waitingCount: 4 };
  measurePool('writer', pool as Parameters<typeof measurePool>[1]);
  const now = await metrics.scraped();
  expect(now.get('signpost_database_connections{pool="writer",state="busy"}')).toBe(2);
});

test('a password that cannot be checked now is refused before anything is read or counted against anybody', async () => {
  const full = new DomainError('unavailable', 'hashing-busy', 'Too many.', { retryAfterSeconds: 2 });
  const room = jest.spyOn(broker.app.get(PasswordHasher), 'makeSureOfRoom').mockImplementation(() => {
    throw full;
  });
  const form = { nameOrEmail: 'nobody', rawpw: 'any' };
  const grown = await metrics.growth(async () => {
    expect((await ask(broker, 'POST', 'user/authenticate', { form })).status).toBe(503);
  });
  room.mockRestore();
  expect(grown['signpost_sign_ins_total{outcome="busy"}']).toBe(1);
  expect(grown).not.toHaveProperty(['signpost_sign_ins_total{outcome="wrong"}']);
  expect(Object.keys(grown).filter((name) => /units_of_work|limits_total.*sign-in/.test(name))).toEqual([]);
});

test('passwords are counted by what came of them, and hashes by how long they waited and took', async () => {
  await account(broker, 'bert');
  const typed = (rawpw: string): Promise<Answer> =>
    ask(broker, 'POST', 'user/authenticate', { form: { nameOrEmail: 'bert', rawpw }, from: '192.0.2.1' });
  const grown = await metrics.growth(async () => {
    await typed(PASSWORD);
    while ((await typed('wrong')).status !== 429);
  });
  expect(grown).toMatchObject({
    'signpost_sign_ins_total{outcome="ok"}': 1,
    'signpost_sign_ins_total{outcome="throttled"}': 1,
    'signpost_events_total{kind="device-signed-in",outcome="ok"}': 1,
    'signpost_events_total{kind="sign-in",outcome="limited"}': 1,
  });
  const wrong = grown['signpost_sign_ins_total{outcome="wrong"}'] ?? 0;
  expect(wrong).toBeGreaterThan(1);
  for (const part of ['waiting', 'computing'])
    expect(grown[`signpost_hash_duration_seconds_count{part="${part}"}`]).toBe(wrong + 1);
});

test('passwords beyond the queue are counted, and those in it seen', async () => {
  const hasher = broker.app.get(PasswordHasher);
  // Beyond what test brokers hash on the spot: in threads, as in earnest.
  Object.assign(Reflect.get(hasher, 'config') as object, { passwordMemoryKib: 16 });
  const queue = declaredMetrics().find(({ name }) => name === 'signpost_hash_queue_length');
  const grown = await metrics.growth(async () => {
    const all = Array.from({ length: 100 }, () => hasher.hash(PASSWORD));
    // Read before the first of them is done.
    for (const line of (await queue?.samples()) ?? []) metrics.see(line);
    await Promise.allSettled(all);
  });
  const refused = grown['signpost_hashes_total{outcome="refused"}'] ?? 0;
  expect(refused).toBeGreaterThan(10);
  expect(grown['signpost_hashes_total{outcome="computed"}']).toBe(100 - refused);
  jest.spyOn(HashThreads.prototype, 'run').mockRejectedValueOnce(new Error('no thread'));
  const failing = await metrics.growth(() => hasher.hash(PASSWORD).catch(nothing));
  expect(failing).toMatchObject({ 'signpost_hashes_total{outcome="failed"}': 1 });
});

test('a PIN is counted at each step', async () => {
  const token = await device(broker, await account(broker, 'carla'));
  const make = async (): Promise<Answer> => ask(broker, 'POST', 'pin', { form: { deviceId: 'tv' } });
  const grown = await metrics.growth(async () => {
    const made = await make();
    await ask(broker, 'POST', 'pin/confirm', { token, query: { pin: 'BBBBBBBB' } });
    const pin = made.field('Pin');
    await ask(broker, 'POST', 'pin/confirm', { token, query: { pin } });
    await ask(broker, 'POST', 'pin/authenticate', { form: { pin, deviceId: made.field('DeviceId') } });
    await ask(broker, 'POST', 'pin/authenticate', { form: { pin, deviceId: made.field('DeviceId') } });
    while ((await make()).status !== 429);
    broker.clock.advance(HOUR);
    await broker.app.get(PinsService).forgetExpired();
  });
  expect(grown).toMatchObject({
    'signpost_pins_total{step="refused"}': 1,
    'signpost_pins_total{step="limited"}': 1,
    'signpost_pins_total{step="wrong"}': 1,
    'signpost_pins_total{step="confirmed"}': 1,
    'signpost_pins_total{step="exchanged"}': 1,
  });
  const created = grown['signpost_pins_total{step="created"}'] ?? 0;
  expect(created).toBeGreaterThan(1);
  expect(grown['signpost_pins_total{step="expired"}']).toBe(created - 1);
});

test('what media servers do is counted: look-ups, links, mails about them', async () => {
  const dora = await account(broker, 'dora');
  const grown = await metrics.growth(async () => {
    const den = await server(broker, 'Den');
    await ask(broker, 'GET', 'user', { key: den.key, query: { nameOrEmail: 'dora' } });
    await ask(broker, 'GET', 'user', { key: den.key, query: { nameOrEmail: 'nobody' } });
    await acceptedLink(broker, den, dora);
    await ask(broker, 'GET', 'ServerAuthorizations', { key: den.key });
    await broker.app.get(Jobs).idle();
  });
  expect(grown).toMatchObject({
    'signpost_lookups_total{outcome="found"}': 1,
    'signpost_lookups_total{outcome="missing"}': 1,
    'signpost_events_total{kind="link-accepted",outcome="ok"}': 1,
    'signpost_list_read_duration_seconds_count{list="server",outcome="complete"}': 1,
    'signpost_mails_total{outcome="queued"}': 1,
    'signpost_mails_total{outcome="sent"}': 1,
  });
});

test('jobs are counted by what came of them', async () => {
  const jobs = broker.app.get(Jobs);
  const grown = await metrics.growth(() => {
    for (const work of [nothing, () => Promise.reject(new Error('away'))]) jobs.soon('a test', work);
    return jobs.idle();
  });
  const of = (outcome: string): number | undefined =>
    grown[`signpost_jobs_total{name="a test",outcome="${outcome}"}`];
  expect([of('done'), of('failed')]).toEqual([1, 1]);
});

test('tokens for apps are counted by grant and answer', async () => {
  const form = { grant_type: 'refresh_token', client_id: 'signpost-device', refresh_token: 'unknown' };
  const grown = await metrics.growth(() => askAt(broker, 'POST', '/oidc/token', { form }));
  expect(grown['signpost_oauth_grants_total{grant="refresh_token",outcome="invalid_grant"}']).toBe(1);
});

test('what Redis is asked is counted, also while it is away', async () => {
  const link = await RedisLink.open('redis://127.0.0.1:1', broker.log);
  const ask = (): Promise<unknown> => link.ask((redis) => redis.ping()).catch(nothing);
  const grown = await metrics.growth(ask);
  link.close();
  expect(grown['signpost_redis_duration_seconds_count{outcome="spared"}']).toBe(1);
  expect((await metrics.scraped()).get('signpost_redis_away')).toBe(1);
});

test('that commits wait for a standby is told', async () => {
  const commits = new OpenCommits();
  jest.spyOn(commits, 'oldest', 'get').mockReturnValue(-Infinity);
  const watch = new StandbyWatch({ read: () => [{}] }, commits, broker.clock, broker.log);
  watch.mentionedBy(broker.app.get(Readiness));
  await watch.look();
  expect((await metrics.scraped()).get('signpost_standby_missing')).toBe(1);
  broker.clock.advance(MINUTE);
  expect((await metrics.scraped()).get('signpost_standby_missing')).toBe(0);
});

test('that the disk is full is told, while lists are read and people sign in (R-15)', async () => {
  const token = await device(broker, await account(broker, 'fritz'));
  const { reserve } = broker.app.get<Connections>(CONNECTIONS);
  const ready = async (): Promise<unknown> => (await fetch(`${metrics.opsUrl}/health/ready`)).json();
  reserve.spend();
  const grown = await metrics.growth(() => expect(server(broker, 'Attic')).rejects.toThrow('no room left'));
  expect(grown['signpost_units_of_work_duration_seconds_count{outcome="failed"}']).toBe(1);
  expect(await ready()).toEqual({ status: 'ok', notices: ['disk-full'] });
  expect((await metrics.scraped()).get('signpost_disk_full')).toBe(1);
  expect((await ask(broker, 'GET', 'servers', { token })).status).toBe(200);
  const form = { nameOrEmail: 'fritz', rawpw: PASSWORD };
  expect((await ask(broker, 'POST', 'user/authenticate', { form })).status).toBe(200);
  await eventually(async () => expect(await ready()).toEqual({ status: 'ok' }));
  expect((await metrics.scraped()).get('signpost_disk_full')).toBe(0);
});

test('what holds now is told: listeners, waiting mail, the hold of a restore, the last backup', async () => {
  const eva = await account(broker, 'eva');
  const app = { account: eva, signInId: 'none', expiresAt: broker.clock.now() + HOUR };
  const told = { look: () => undefined, stop: () => undefined };
  const listener = broker.app.get(Listeners).open(app, told);
  await sql(broker, "UPDATE outbox SET state = 'waiting', due_at = 9000000000000000");
  await sql(broker, "INSERT INTO restores VALUES ('r', 1, 2, NULL)");
  noteBackup(broker.dataDir, 1_700_000_000_000);
  await broker.app.get(RestoreHold).read();
  const now = await metrics.scraped();
  expect(now.get('signpost_restore_hold')).toBe(1);
  expect(now.get('signpost_listeners')).toBe(1);
  expect(now.get('signpost_mail_backlog')).toBeGreaterThan(0);
  expect(now.get('signpost_mail_oldest_seconds')).toBeGreaterThanOrEqual(0);
  expect(now.get('signpost_backup_timestamp_seconds')).toBe(1_700_000_000);
  expect(now.get('signpost_signing_keys_timestamp_seconds')).toBeGreaterThan(1_700_000_000);
  expect(now.get('signpost_ready')).toBe(1);
  listener.close();
  await sql(broker, 'DROP TABLE outbox');
  const unread = (await metrics.growth(nothing))[
    'signpost_metrics_unread_total{metric="signpost_mail_backlog"}'
  ];
  expect(unread).toBe(1);
});

/** The last ones: the tests before them are those that move them. */
test('every metric moves in one of these tests', () => {
  const still = metricsOfBroker()
    .map(({ name }) => name)
    .filter((name) => ![...metrics.moved].some((sample) => sample.startsWith(name)));
  expect(still).toEqual([]);
});

test('every value that a label is said to have moves in one of these tests, or is named by the code that counts', () => {
  const source = sourceOfBroker();
  const moved = [...metrics.moved];
  const unheard = metricsOfBroker().flatMap(({ name, labels }) =>
    Object.entries(labels)
      .flatMap(([label, values]) => (typeof values === 'string' ? [] : values.map((value) => [label, value])))
      .filter(
        ([label = '', value = '']) =>
          !moved.some((sample) => sample.startsWith(name) && sample.includes(`${label}="${value}"`)) &&
          !namesValue(source, name, value),
      )
      .map(([label, value]) => `${name}: ${label}="${value}"`),
  );
  expect(unheard).toEqual([]);
});

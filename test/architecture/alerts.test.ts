import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { testWith } from '../support/programs.js';

const folder = inCheckout('config/observability');
const rules = readFileSync(`${folder}/alerts.yaml`, 'utf8');
const alerts = [...rules.matchAll(/^ +- alert: (\w+)$/gm)].map(([, name = '']) => name);

/** Series by their values, one every minute from the first on, as promtool writes them: `0x9 1x5` is ten noughts and six ones. */
type Series = Readonly<Record<string, string>>;

/** What makes an alert fire at a time, and what does not. */
interface Case {
  readonly at: string;
  readonly fires: Series;
  readonly quiet: Series;
  /** The same again, where an alert has more than one reason. */
  readonly also?: Omit<Case, 'at'>;
}

const NODE = 'job="signpost",instance="a"';
const LISTS = 'route="/service/servers",status="503"';
const DAY = 86_400;

const cases: Readonly<Record<string, Case>> = {
  SignpostDown: {
    at: '5m',
    fires: { 'up{job="signpost"}': '1 0x9' },
    quiet: { 'up{job="signpost"}': '1x9', 'up{job="other"}': '0x9' },
  },
  SignpostNotReady: {
    at: '5m',
    fires: { signpost_ready: '1 0x9' },
    // A restart is no reason to get up.
    quiet: { signpost_ready: '1 1 1 0 1x9' },
  },
  SignpostListsUnavailable: {
    at: '10m',
    fires: { [`signpost_failures_total{${LISTS},reason="trouble"}`]: '0+60x20' },
    // Both are meant, and told by alerts of their own.
    quiet: {
      [`signpost_failures_total{${LISTS},reason="restore-hold"}`]: '0+60x20',
      [`signpost_failures_total{route="/service/ServerAuthorizations",status="503",reason="restore-grace"}`]:
        '0+60x20',
    },
  },
  SignpostTrouble: {
    at: '4m',
    // The first one ever.
    fires: { [`signpost_troubles_total{${NODE},route="/service/servers"}`]: '0 0 1x9' },
    quiet: { [`signpost_troubles_total{${NODE},route="/service/servers"}`]: '7x9' },
  },
  SignpostDiscoverySlow: {
    at: '25m',
    fires: slowRequests('/service/servers', 98),
    quiet: slowRequests('/service/servers', 100),
  },
  SignpostCommitInDoubt: {
    at: '4m',
    fires: { signpost_commits_in_doubt_total: '0 0 1x9' },
    quiet: { signpost_commits_in_doubt_total: '1x9' },
  },
  SignpostWritesFail: {
    at: '20m',
    fires: transactions('0+60x30', '0+2x30'),
    quiet: transactions('0+600x30', '0+2x30'),
  },
  SignpostDiskFull: {
    at: '2m',
    fires: { 'signpost_disk_full{instance="a"}': '0 0 1x9', 'signpost_disk_full{instance="b"}': '0x9' },
    quiet: { signpost_disk_full: '0x9' },
  },
  SignpostStandbyMissing: {
    at: '2m',
    fires: {
      'signpost_standby_missing{instance="a"}': '0 1x9',
      'signpost_standby_missing{instance="b"}': '0x9',
    },
    quiet: { signpost_standby_missing: '0x9' },
  },
  SignpostPoolExhausted: {
    at: '4m',
    fires: { 'signpost_database_connections{pool="writer",state="waiting"}': '0 3x9' },
    quiet: { 'signpost_database_connections{pool="writer",state="busy"}': '10x9' },
  },
  SignpostReadsEveryList: {
    at: '20m',
    fires: { signpost_feed_hears_all: '1 0x30' },
    quiet: { signpost_feed_hears_all: '1 0x9 1x30' },
  },
  SignpostRedisAway: {
    at: '5m',
    fires: { 'signpost_redis_away{instance="a"}': '0 1x9', 'signpost_redis_away{instance="b"}': '0x9' },
    quiet: { signpost_redis_away: '0 1 0x9' },
  },
  SignpostRedisSlow: {
    at: '25m',
    fires: redis('0+90x30', '0+98x30', '0x30'),
    quiet: redis('0+100x30', '0+100x30', '0x30'),
    // All are quick that are answered; and not asking is no failure.
    also: {
      fires: redis('0+100x30', '0+100x30', '0+2x30'),
      quiet: { ...redis('0+100x30', '0+100x30', '0x30'), [redisCount('spared')]: '0+100x30' },
    },
  },
  SignpostSignInsBusy: {
    at: '5m',
    fires: { 'signpost_hashes_total{outcome="refused"}': '0 0+5x9' },
    quiet: { 'signpost_hashes_total{outcome="computed"}': '0 0+5x9' },
  },
  SignpostGuessing: {
    at: '25m',
    fires: signIns('0+600x40', '0x40'),
    quiet: signIns('0+600x40', '0+300x40'),
  },
  SignpostGuessingPins: {
    at: '4m',
    fires: { 'signpost_events_total{kind="pin-guard-raised",outcome="ok"}': '0 0 1x9' },
    quiet: { 'signpost_events_total{kind="pin-confirmed",outcome="refused"}': '0 0 1x9' },
  },
  SignpostJobFails: {
    at: '60m',
    fires: jobs('0x10 1x9 2x9 3x9 4x60', '1x99'),
    // It was done since; and what is done by another node is not done here.
    quiet: jobs('0x10 1x9 2x9 3x9 3x60', '1x49 2x99'),
    // One that comes round once an hour, and has not been done for three.
    also: { fires: jobs('0x30 1x99', '0x99'), quiet: jobs('0x50 1x99', '0x20 1x99') },
  },
  SignpostMailStuck: {
    at: '10m',
    fires: { signpost_mail_oldest_seconds: '1801x20' },
    quiet: { signpost_mail_oldest_seconds: '1700x20' },
  },
  SignpostMailFails: {
    at: '60m',
    fires: mails('0+1x60', '0+2x60'),
    quiet: mails('0+1x60', '0+20x60'),
    // A home server sends two mails a day; and a guest whose address was mistyped is one of them.
    also: { fires: mails('0x10 1x30 2x30', '0x60'), quiet: mails('0x10 1x30 2x30', '0x40 1x30') },
  },
  SignpostRestoreHold: {
    at: '10m',
    fires: { signpost_restore_hold: '0 1x20' },
    quiet: { signpost_restore_hold: '0x20' },
  },
  SignpostRestoreGrace: {
    at: '100m',
    fires: {
      'signpost_failures_total{route="/service/servers",status="503",reason="restore-grace"}': '1x59 2x60',
    },
    quiet: {
      'signpost_failures_total{route="/service/servers",status="503",reason="restore-hold"}': '0+1x120',
    },
  },
  SignpostSigningKeysOld: {
    at: '25h',
    fires: { signpost_signing_keys_timestamp_seconds: `${-92 * DAY}x1600` },
    quiet: { signpost_signing_keys_timestamp_seconds: `${-80 * DAY}x1600` },
  },
  SignpostSigningKeysDiffer: {
    at: '70m',
    fires: signingKeys('10x90'),
    // Five minutes until all have looked.
    quiet: signingKeys('10x9 20x90'),
  },
  SignpostBackupOld: {
    at: '30h',
    fires: backups('0x2000', '0x2000'),
    quiet: backups('0x1000 60000x1000', '0x2000'),
    // There never was one; a broker that is started every night is one that runs.
    also: {
      fires: { [`signpost_process_start_time_seconds{${NODE}}`]: '0x1440 86400x1000' },
      quiet: { [`signpost_process_start_time_seconds{${NODE}}`]: '_x1440 86400x1000' },
    },
  },
  SignpostEventLoop: {
    at: '10m',
    fires: { signpost_nodejs_eventloop_lag_p99_seconds: '0.3x20' },
    quiet: { signpost_nodejs_eventloop_lag_p99_seconds: '0.2x20' },
  },
  SignpostMemory: {
    at: '20m',
    fires: { signpost_process_resident_memory_bytes: '537919488x30' },
    quiet: { signpost_process_resident_memory_bytes: '300000000x30' },
  },
  SignpostFileDescriptors: {
    at: '5m',
    fires: { signpost_process_open_fds: '900x9', signpost_process_max_fds: '1024x9' },
    quiet: { signpost_process_open_fds: '700x9', signpost_process_max_fds: '1024x9' },
  },
};

/** @param quick how many of a hundred in a minute take a tenth of a second; all others take half a second */
function slowRequests(route: string, quick: number): Series {
  const bucket = (le: string): string =>
    `signpost_http_request_duration_seconds_bucket{${NODE},route="${route}",method="GET",status="2xx",le="${le}"}`;
  return {
    [bucket('0.1')]: `0+${quick}x40`,
    [bucket('0.25')]: `0+${quick}x40`,
    [bucket('0.5')]: '0+100x40',
    [bucket('+Inf')]: '0+100x40',
  };
}

function redisCount(outcome: string): string {
  return `signpost_redis_duration_seconds_count{${NODE},outcome="${outcome}"}`;
}

function redis(quick: string, answered: string, failed: string): Series {
  return {
    [`signpost_redis_duration_seconds_bucket{${NODE},outcome="answered",le="0.025"}`]: quick,
    [redisCount('answered')]: answered,
    [redisCount('failed')]: failed,
  };
}

function transactions(committed: string, failed: string): Series {
  const of = (outcome: string): string =>
    `signpost_units_of_work_duration_seconds_count{${NODE},outcome="${outcome}"}`;
  return { [of('committed')]: committed, [of('failed')]: failed };
}

function signIns(wrong: string, ok: string): Series {
  return { 'signpost_sign_ins_total{outcome="wrong"}': wrong, 'signpost_sign_ins_total{outcome="ok"}': ok };
}

function jobs(failed: string, done: string): Series {
  const of = (outcome: string): string => `signpost_jobs_total{${NODE},name="any",outcome="${outcome}"}`;
  return { [of('failed')]: failed, [of('done')]: done };
}

function mails(failed: string, sent: string): Series {
  return { 'signpost_mails_total{outcome="failed"}': failed, 'signpost_mails_total{outcome="sent"}': sent };
}

function signingKeys(ofOther: string): Series {
  return {
    'signpost_signing_keys_timestamp_seconds{instance="a"}': '20x90',
    'signpost_signing_keys_timestamp_seconds{instance="b"}': ofOther,
  };
}

function backups(made: string, started: string): Series {
  return {
    [`signpost_backup_timestamp_seconds{${NODE}}`]: made,
    [`signpost_process_start_time_seconds{${NODE}}`]: started,
  };
}

/** One test of promtool's, which reads JSON for YAML. */
function testOf(alert: string, at: string, series: Series, fires: boolean): unknown {
  return {
    name: `${alert} ${fires ? 'fires' : 'is quiet'}`,
    interval: '1m',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      {
        expr: `count(ALERTS{alertname="${alert}",alertstate="firing"}) > 0 or vector(0)`,
        eval_time: at,
        exp_samples: [{ labels: '{}', value: fires ? 1 : 0 }],
      },
    ],
  };
}

const isLong = ({ at }: Case): boolean => at.endsWith('h');

/** What takes a day is looked at every hour only, as that many looks take a quarter of a minute. */
function fileOf(long: boolean): unknown {
  const tests = Object.entries(cases)
    .filter(([, one]) => isLong(one) === long)
    .flatMap(([alert, { at, also, ...first }]) =>
      [first, ...(also ? [also] : [])].flatMap(({ fires, quiet }) => [
        testOf(alert, at, fires, true),
        testOf(alert, at, quiet, false),
      ]),
    );
  return { rule_files: [`${folder}/alerts.yaml`], evaluation_interval: long ? '1h' : '1m', tests };
}

test('every alert is shown to fire and not to fire', () => {
  expect(Object.keys(cases).sort()).toEqual([...alerts].sort());
});

test('the guide for operators says of every alert where to look, and of no other', () => {
  const guide = readFileSync(inCheckout('docs/guide/operators.md'), 'utf8');
  const told = guide
    .split('\n')
    .filter((line) => line.startsWith('| `Signpost'))
    .flatMap((line) => [...line.matchAll(/`(Signpost[A-Z]\w+)`/g)].map(([, name = '']) => name));
  expect(told.sort()).toEqual([...alerts].sort());
});

testWith('promtool', 'Prometheus can read the rules', (promtool) => {
  execFileSync(promtool, ['check', 'config', `${folder}/prometheus.yaml`]);
});

testWith('promtool', 'each alert fires when it should, and only then', (promtool) => {
  const own = mkdtempSync(join(tmpdir(), 'signpost-alerts-'));
  try {
    const files = [true, false].map((long) => {
      const file = join(own, `${long ? 'hours' : 'minutes'}.json`);
      writeFileSync(file, JSON.stringify(fileOf(long)));
      return file;
    });
    execFileSync(promtool, ['test', 'rules', ...files]);
  } finally {
    rmSync(own, { recursive: true });
  }
});

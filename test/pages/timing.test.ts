import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Beat } from '../../src/features/accounts/beat.js';
import { SteadyClock } from '../../src/platform/clock/steady-clock.js';
import { Jobs } from '../../src/platform/jobs/jobs.service.js';
import { PRODUCTION_HASHES, TestBroker } from '../support/broker.js';
import { Browser, CookieBrowser } from './browser.js';
import { join, PASSWORD } from './people.js';

/** So many pairs at a time, each pair in an order of its own. */
const PAIRS = 15;
/** And so many at most. */
const MOST_PAIRS = 120;
/**
 * How far from a half the area may be: so near, nothing shows, and no more pairs are needed; at the end it may be as far as
 * that. Played out with normal times: where they tell nothing, 28 pairs were enough on average, and none of 20 000 runs failed;
 * where the area is 0.8 in truth, 2 of 1 000 passed.
 */
const [NEAR, FAR] = [0.08, 0.15];
const MANY = '1000000';
/** A hundred answers on the beat, each one later where the machine has much else to do. */
const LONG_MS = 600_000;
/** As long as each other. */
const [KNOWN, UNKNOWN] = ['somebody', 'nobody.x'];

/**
 * How often a random time of the one kind is longer than one of the other (the area under the ROC curve): a half where
 * times tell nothing. Ranks only, so that a pause of a busy machine counts no more than any other long time.
 */
function auc(known: readonly number[], unknown: readonly number[]): number {
  const wins = known.flatMap((a) => unknown.map((b) => (a > b ? 1 : a === b ? 0.5 : 0)));
  return wins.reduce<number>((sum, win) => sum + win, 0) / wins.length;
}

/** What so many pairs say: whether anything shows, or that there must be more of them to tell. */
function verdict(area: number, pairs: number): 'nothing' | 'something' | 'unclear' {
  const off = Math.abs(area - 0.5);
  if (off <= NEAR) return 'nothing';
  if (pairs < MOST_PAIRS) return 'unclear';
  return off <= FAR ? 'nothing' : 'something';
}

test('it is asked on until it is clear, and then as long as is worth while', () => {
  expect([0.5, 0.57, 0.43].map((area) => verdict(area, PAIRS))).toEqual(['nothing', 'nothing', 'nothing']);
  expect([0.6, 0.3, 1].map((area) => verdict(area, PAIRS))).toEqual(['unclear', 'unclear', 'unclear']);
  const last = [0.64, 0.36, 0.66, 0.34, 1].map((area) => verdict(area, MOST_PAIRS));
  expect(last).toEqual(['nothing', 'nothing', 'something', 'something', 'something']);
});

test('the measure sees a difference, and none where there is none', () => {
  const times = Array.from({ length: 40 }, (_, index) => 10 + ((index * 7) % 13));
  expect(auc(times, times)).toBe(0.5);
  expect(
    auc(
      times.map((time) => time + 100),
      times,
    ),
  ).toBe(1);
});

describe('the time of an answer does not tell who has an account (S-30)', () => {
  let broker: TestBroker;
  let stranger: CookieBrowser;
  let formToken: string;

  beforeAll(async () => {
    // Limits count as they do in earnest, and are never reached.
    broker = await TestBroker.start({
      ...PRODUCTION_HASHES,
      LIMITS: 'on',
      ANTI_ROBOT: 'off',
      TRUST_PROXY: '127.0.0.1',
      LIMIT_ANONYMOUS_REQUESTS_PER_NETWORK_MINUTE: MANY,
      LIMIT_SIGN_IN_FAILURES_PER_ACCOUNT_AND_NETWORK: MANY,
      LIMIT_SIGN_IN_FAILURES_PER_ACCOUNT: MANY,
      LIMIT_SIGN_INS_PER_NETWORK_15_MINUTES: MANY,
      LIMIT_SIGN_INS_PER_NETWORK_DAY: MANY,
      LIMIT_SIGN_UPS_PER_NETWORK_HOUR: MANY,
      LIMIT_SIGN_UPS_PER_NETWORK_DAY: MANY,
      LIMIT_ACCOUNT_MAILS_HOUR: MANY,
      LIMIT_ACCOUNT_MAILS_DAY: MANY,
      LIMIT_ACCOUNT_MAILS_PER_NETWORK_HOUR: MANY,
    });
    // The clocks of test brokers stand still; this one keeps its beat by the real one.
    Object.assign(broker.app.get(Beat), { clock: new SteadyClock() });
    await join(new Browser(broker), KNOWN);
    stranger = new CookieBrowser(broker, { 'X-Forwarded-For': '198.51.100.7' });
    formToken = (await stranger.open('/sign-in')).filled()['formToken'] ?? '';
  });
  afterAll(() => broker.remove());

  /** From a network that no account was used from. @returns milliseconds */
  const timed = async (url: string, fields: Record<string, string>, status: number): Promise<number> => {
    // What a mail does afterwards is no part of the answer.
    await broker.app.get(Jobs).idle();
    const since = performance.now();
    const answer = await stranger.submit(url, { ...fields, formToken });
    const took = performance.now() - since;
    if (answer.status !== status) throw new Error(`${url} was answered ${answer.status}`);
    return took;
  };

  const expectNothingToSee = async (ask: (identifier: string) => Promise<number>): Promise<void> => {
    for (const name of [KNOWN, UNKNOWN, KNOWN, UNKNOWN]) await ask(name);
    const [known, unknown]: [number[], number[]] = [[], []];
    const one = async (): Promise<unknown> => known.push(await ask(KNOWN));
    const other = async (): Promise<unknown> => unknown.push(await ask(UNKNOWN));
    let [area, said] = [NaN, 'unclear'];
    while (said === 'unclear') {
      for (let pair = 0; pair < PAIRS; pair += 1) {
        for (const turn of Math.random() < 0.5 ? [one, other] : [other, one]) await turn();
      }
      area = auc(known, unknown);
      said = verdict(area, known.length);
    }
    expect([said, area]).toEqual(['nothing', area]);
  };

  test(
    'when signing in with a wrong password',
    async () => {
      await expectNothingToSee((identifier) =>
        timed('/sign-in', { identifier, password: 'not the right password' }, 403),
      );
    },
    LONG_MS,
  );

  test(
    'when signing in in a browser that is known for somebody else (S-22)',
    async () => {
      await join(new Browser(broker), 'third');
      const theirs = new CookieBrowser(broker);
      await theirs.signIn('third', PASSWORD);
      stranger.cookies.set('device', theirs.cookies.get('device') ?? '');
      await expectNothingToSee((identifier) =>
        timed('/sign-in', { identifier, password: 'not the right password' }, 403),
      );
      stranger.cookies.delete('device');
    },
    LONG_MS,
  );

  test(
    'when asking for a new password',
    async () => {
      await expectNothingToSee((identifier) => timed('/forgot', { identifier }, 202));
    },
    LONG_MS,
  );

  test(
    'when signing up with an address in use',
    async () => {
      let names = 0;
      await expectNothingToSee((name) => {
        names += 1;
        const email =
          name === KNOWN ? `${KNOWN}@example.org` : `n${String(names).padStart(7, '0')}@example.org`;
        return timed('/sign-up', { userName: `n${names}`, email, password: 'a good one to remember' }, 200);
      });
    },
    LONG_MS,
  );

  test(
    'when asking for the confirmation mail again',
    async () => {
      const waiting = {
        userName: 'waiting',
        email: `${KNOWN}@example.net`,
        password: 'a good one to remember',
      };
      await new Browser(broker).submit('/sign-up', waiting);
      await expectNothingToSee((name) => timed('/confirm/resend', { email: `${name}@example.net` }, 202));
    },
    LONG_MS,
  );
});

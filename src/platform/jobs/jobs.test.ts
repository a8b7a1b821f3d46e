import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { RecordingLog } from '../../../test/support/recording-log.js';
import { declaredMetrics } from '../metrics/metrics.js';
import { Jobs } from './jobs.service.js';

let log: RecordingLog;
let jobs: Jobs;

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['performance'] });
  log = new RecordingLog();
  jobs = new Jobs(log);
});
afterEach(async () => {
  await jobs.stop();
  jest.useRealTimers();
});

/** Work that ends when it is told to. */
function held(): { work: () => Promise<void>; end: () => void; runs: () => number } {
  let ends: (() => void)[] = [];
  let count = 0;
  return {
    work: () => {
      count += 1;
      return new Promise((resolve) => ends.push(resolve));
    },
    end: () => {
      for (const resolve of ends) resolve();
      ends = [];
    },
    runs: () => count,
  };
}

test('a job comes round, but never beside itself', async () => {
  const { work, end, runs } = held();
  jobs.every('slow', 1_000, work);
  expect(runs()).toBe(0);
  jest.advanceTimersByTime(5_000);
  expect(runs()).toBe(1);
  end();
  await jobs.idle();
  jest.advanceTimersByTime(1_000);
  expect(runs()).toBe(2);
  end();
});

test('a job for one node runs where all conditions for it hold, asked anew each time', async () => {
  const ran: string[] = [];
  let [leads, isTimeRight] = [false, false];
  const work = (name: string) => (): Promise<void> => {
    ran.push(name);
    return Promise.resolve();
  };
  jobs.everyByOne('of one', 1_000, work('of one'));
  jobs.every('of each', 1_000, work('of each'));
  const round = async (): Promise<void> => {
    jest.advanceTimersByTime(1_000);
    await jobs.idle();
  };
  await round();
  jobs.forAllOnlyIf(() => leads);
  jobs.forAllOnlyIf(() => isTimeRight);
  await round();
  leads = true;
  await round();
  isTimeRight = true;
  await round();
  expect(ran).toEqual(['of one', 'of each', 'of each', 'of each', 'of one', 'of each']);
});

test('a job that fails is logged by its name and comes round again', async () => {
  let runs = 0;
  jobs.every('broken', 1_000, () => {
    runs += 1;
    return Promise.reject(new Error('no'));
  });
  for (let round = 0; round < 2; round += 1) {
    jest.advanceTimersByTime(1_000);
    await jobs.idle();
  }
  expect(runs).toBe(2);
  expect(log.messages('error')).toEqual(['job failed', 'job failed']);
  expect(log.lines[0]?.fields).toMatchObject({ job: 'broken' });
});

test('a job that throws at once ends nobody else', async () => {
  const throwing = (): Promise<void> => {
    throw new Error('at once');
  };
  expect(() => jobs.soon('throwing', throwing)).not.toThrow();
  jobs.every('throwing', 1_000, throwing);
  expect(() => jest.advanceTimersByTime(1_000)).not.toThrow();
  await jobs.idle();
  expect(log.messages('error')).toEqual(['job failed', 'job failed']);
});

test('what must be done once is tried until it is done, and told each time it is not', async () => {
  let runs = 0;
  jobs.untilDone('once', 1_000, () => {
    runs += 1;
    return runs < 3 ? Promise.reject(new Error('no')) : Promise.resolve();
  });
  const seen: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    await jobs.idle();
    seen.push(runs);
    jest.advanceTimersByTime(1_000);
  }
  expect(seen).toEqual([1, 2, 3, 3, 3]);
  expect(log.lines.map(({ fields }) => fields)).toMatchObject([{ job: 'once' }, { job: 'once' }]);
});

test('what must be done once is not tried any more when it stops', async () => {
  let runs = 0;
  const failing = (): Promise<void> => {
    runs += 1;
    return Promise.reject(new Error('no'));
  };
  jobs.untilDone('waits for its next time', 1_000, failing);
  await jobs.idle();
  jobs.untilDone('fails while it stops', 1_000, failing);
  await jobs.stop();
  jest.advanceTimersByTime(10_000);
  await jobs.idle();
  expect(runs).toBe(2);
});

test('stopping waits for what runs and begins nothing more', async () => {
  const { work, end, runs } = held();
  jobs.soon('now', work);
  jobs.every('later', 1_000, work);
  let stopped = false;
  const stopping = jobs.stop().then(() => (stopped = true));
  jobs.soon('too late', work);
  jest.advanceTimersByTime(10_000);
  await Promise.resolve();
  expect([runs(), stopped]).toEqual([1, false]);
  end();
  await stopping;
  expect(runs()).toBe(1);
});

/** How often a job was counted, by what came of it. */
async function counted(name: string): Promise<number[]> {
  const samples = await declaredMetrics()
    .find((metric) => metric.name === 'signpost_jobs_total')
    ?.samples();
  return ['done', 'failed'].map((outcome) => {
    const line = samples?.find((sample) => sample.includes(`{name="${name}",outcome="${outcome}"}`));
    return line === undefined ? NaN : Number(line.split(' ').at(-1));
  });
}

test('a job is counted by what came of it, from nought on once it is known, so that an alert sees its first failure', async () => {
  let isWell = false;
  jobs.every('counted', 1_000, () => (isWell ? Promise.resolve() : Promise.reject(new Error('no'))));
  expect(await counted('counted')).toEqual([0, 0]);
  const round = async (): Promise<number[]> => {
    jest.advanceTimersByTime(1_000);
    await jobs.idle();
    return counted('counted');
  };
  expect(await round()).toEqual([0, 1]);
  isWell = true;
  expect(await round()).toEqual([1, 1]);
});

test('a job that another node does for all is not counted as done here', async () => {
  let leads = false;
  jobs.forAllOnlyIf(() => leads);
  jobs.everyByOne('of the leader', 1_000, () => Promise.resolve());
  jest.advanceTimersByTime(1_000);
  await jobs.idle();
  expect(await counted('of the leader')).toEqual([0, 0]);
  leads = true;
  jest.advanceTimersByTime(1_000);
  await jobs.idle();
  expect(await counted('of the leader')).toEqual([1, 0]);
});

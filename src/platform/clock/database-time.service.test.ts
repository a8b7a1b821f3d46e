import { expect, jest, test } from '@jest/globals';
import { RecordingLog } from '../../../test/support/recording-log.js';
import { DAY, MINUTE, SECOND } from '../../shared/clock.js';
import type { Connections } from '../database/connections.js';
import { Readiness } from '../http/readiness.js';
import type { Jobs } from '../jobs/jobs.service.js';
import { DatabaseTime } from './database-time.service.js';
import { SystemClock } from './system-clock.js';

/** Less than a machine is off by here, and more than a busy one lets go by between two looks at its clocks. */
const BETWEEN_TWO_LOOKS_MS = 30 * SECOND;

/** A machine whose clock may be moved. */
class MovedClock extends SystemClock {
  movedMs = 0;

  override get machineNow(): number {
    return super.machineNow + this.movedMs;
  }
}

interface Room {
  readonly clock: MovedClock;
  readonly database: { movedMs: number };
  readonly log: RecordingLog;
  readonly readiness: Readiness;
  /** Whether this node may do what one does for all. */
  readonly mayClear: () => boolean;
  readonly again: () => Promise<void>;
}

/** A node whose machine is ahead of its database. */
async function room(aheadMs: number, kind: Connections['kind'] = 'postgres'): Promise<Room> {
  const [clock, log, readiness] = [new MovedClock(), new RecordingLog(), new Readiness()];
  let again = (): Promise<void> => Promise.resolve();
  let mayClear = (): boolean => true;
  const jobs = {
    every: (_name: string, _period: number, work: () => Promise<void>) => (again = work),
    forAllOnlyIf: (holds: () => boolean) => (mayClear = holds),
  };
  const database = { movedMs: -aheadMs };
  const reader = { query: () => Promise.resolve([{ now: new SystemClock().machineNow + database.movedMs }]) };
  const connections = { kind, reader } as unknown as Connections;
  await new DatabaseTime(connections, clock, jobs as unknown as Jobs, readiness, log).onModuleInit();
  return { clock, database, log, readiness, mayClear: () => mayClear(), again: () => again() };
}

/** How far the node takes it to be later than it is, in half minutes; never -0. */
function aheadOf(clock: SystemClock): number {
  return Math.round((clock.now() - new SystemClock().machineNow) / BETWEEN_TWO_LOOKS_MS) + 0;
}

test('a node lives by the clock of PostgreSQL, however its machine is set (R-26)', async () => {
  for (const aheadMs of [4 * MINUTE, -4 * MINUTE, 0]) {
    const { clock } = await room(aheadMs);
    expect(Math.abs(clock.now() - (clock.machineNow - aheadMs))).toBeLessThan(BETWEEN_TWO_LOOKS_MS);
  }
});

test.each([400 * DAY, -400 * DAY, 6 * MINUTE])(
  'when only one of the clocks jumps, by %d ms, time goes on as before and nothing is cleared away until they agree',
  async (jumpMs) => {
    const { clock, database, readiness, mayClear, again } = await room(0);
    for (const jumping of [database, clock]) {
      jumping.movedMs = jumpMs;
      await again();
      expect([aheadOf(clock), mayClear(), await readiness.missing()]).toEqual([0, false, ['clock']]);
      jumping.movedMs = 0;
      await again();
      expect([aheadOf(clock), mayClear(), await readiness.missing()]).toEqual([0, true, []]);
    }
  },
);

test('when both jump it is what they say, and so it is when they differ by little', async () => {
  const { clock, database, mayClear, again } = await room(0);
  clock.movedMs = database.movedMs = 60 * MINUTE;
  await again();
  expect([aheadOf(clock), mayClear()]).toEqual([120, true]);
  database.movedMs = 64 * MINUTE;
  await again();
  expect([aheadOf(clock), mayClear()]).toEqual([128, true]);
});

test('on SQLite by its own', async () => {
  const { clock, readiness } = await room(MINUTE, 'sqlite');
  expect(Math.abs(clock.now() - clock.machineNow)).toBeLessThan(BETWEEN_TWO_LOOKS_MS);
  expect(await readiness.missing()).toEqual([]);
});

test('a machine that is off by more than 30 s is told of once', async () => {
  for (const [offMs, said] of [
    [29 * SECOND, 0],
    [31 * SECOND, 1],
  ] as const) {
    const { log, readiness, again } = await room(offMs);
    for (let n = 0; n < 3; n += 1) await again();
    expect([log.messages('error').length, await readiness.missing()]).toEqual([said, []]);
  }
});

test('also where PostgreSQL is slow to say what time it is', async () => {
  const now = jest.spyOn(performance, 'now');
  let [ms, slowMs] = [0, 1_001];
  now.mockImplementation(() => (ms += slowMs));
  try {
    await expect(room(6 * MINUTE)).rejects.toThrow('differ by 360 seconds');
    const { clock } = await room(4 * MINUTE);
    slowMs = 0;
    // Too slow to live by.
    expect(aheadOf(clock)).toBe(0);
  } finally {
    now.mockRestore();
  }
});

test.each([301, -301, 400 * 86_400])('a node whose clocks differ by %d s does not start', async (seconds) => {
  await expect(room(seconds * SECOND)).rejects.toThrow(
    `The clocks of this machine and of PostgreSQL (DATABASE_URL) differ by ${seconds} seconds.`,
  );
});

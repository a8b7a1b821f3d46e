import { expect, test } from '@jest/globals';
import { RecordingLog } from '../../../test/support/recording-log.js';
import { MINUTE, SECOND } from '../../shared/clock.js';
import type { Connections } from '../database/connections.js';
import { Readiness } from '../http/readiness.js';
import type { Jobs } from '../jobs/jobs.service.js';
import { DatabaseTime } from './database-time.service.js';
import { SystemClock } from './system-clock.js';

/** Less than a machine is off by here, and more than a busy one lets go by between two looks at its clocks. */
const BETWEEN_TWO_LOOKS_MS = 30 * SECOND;

/** A node whose machine is ahead of its database. */
async function room(
  aheadMs: number,
  kind: Connections['kind'] = 'postgres',
): Promise<{ clock: SystemClock; log: RecordingLog; readiness: Readiness; again: () => Promise<void> }> {
  const [clock, log, readiness] = [new SystemClock(), new RecordingLog(), new Readiness()];
  let again = (): Promise<void> => Promise.resolve();
  const jobs = { every: (_name: string, _period: number, work: () => Promise<void>) => (again = work) };
  const reader = { query: () => Promise.resolve([{ now: clock.machineNow - aheadMs }]) };
  const connections = { kind, reader } as unknown as Connections;
  await new DatabaseTime(connections, clock, jobs as unknown as Jobs, readiness, log).onModuleInit();
  return { clock, log, readiness, again: () => again() };
}

test('a node lives by the clock of PostgreSQL, however its machine is set (R-26)', async () => {
  for (const aheadMs of [5 * MINUTE, -5 * MINUTE, 0]) {
    const { clock } = await room(aheadMs);
    expect(Math.abs(clock.now() - (clock.machineNow - aheadMs))).toBeLessThan(BETWEEN_TWO_LOOKS_MS);
  }
});

test('on SQLite by its own', async () => {
  const { clock, readiness } = await room(MINUTE, 'sqlite');
  expect(Math.abs(clock.now() - clock.machineNow)).toBeLessThan(BETWEEN_TWO_LOOKS_MS);
  expect(await readiness.missing()).toEqual([]);
});

test('a machine that is off by more than 30 s is told of once, and one by more than five minutes serves nobody', async () => {
  for (const [offMs, said, missing] of [
    [29 * SECOND, 0, []],
    [31 * SECOND, 1, []],
    [-301 * SECOND, 1, ['clock']],
  ] as const) {
    const { log, readiness, again } = await room(offMs);
    for (let n = 0; n < 3; n += 1) await again();
    expect([log.messages('error').length, await readiness.missing()]).toEqual([said, missing]);
  }
});

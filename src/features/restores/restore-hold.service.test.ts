import { expect, test } from '@jest/globals';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { RecordingLog } from '../../../test/support/recording-log.js';
import { loadConfig } from '../../config/index.js';
import { RestoreHold } from './restore-hold.service.js';
import type { Restore, RestoresRepository } from './restores.repository.js';

const HELD: Restore = { id: 'r', backupCreatedAt: 1, restoredAt: 2, acceptedAt: null };

/** Answers when it is told to. */
function slow(): { repository: RestoresRepository; answer: (restores: Restore[]) => void } {
  let answer: (restores: Restore[]) => void = () => undefined;
  const all = new Promise<Restore[]>((resolve) => (answer = resolve));
  return { repository: { all: () => all } as unknown as RestoresRepository, answer };
}

test('a late answer of the old primary does not take the hold off that the new one has', async () => {
  const old = slow();
  const taken = slow();
  const hold = new RestoreHold(old.repository, new FixedClock(), new RecordingLog(), loadConfig({}));
  const late = hold.read();
  taken.answer([HELD]);
  await hold.read(taken.repository);
  expect(hold.isHeld).toBe(true);
  old.answer([]);
  await late;
  expect(hold.isHeld).toBe(true);
});

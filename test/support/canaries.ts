import { KeyCanaryEntity } from '../../src/platform/crypto/key-canary.entity.js';
import type { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import type { OpenDatabase } from './databases.js';

/** Rows of the smallest table, for tests that are about units of work. */
export const canary = (keyId: string, value = 'v'): KeyCanaryEntity => ({ keyId, use: 'test', value });

export async function insert(unitOfWork: UnitOfWork, keyId: string, value?: string): Promise<void> {
  await unitOfWork.writing.insert(KeyCanaryEntity, canary(keyId, value));
}

/** What a reader outside every unit of work finds. */
export async function stored({ unitOfWork }: OpenDatabase): Promise<string[]> {
  const rows = await unitOfWork.reading.find(KeyCanaryEntity);
  return rows.map(({ keyId }) => keyId).sort();
}

/** A unit of work that waits inside until it is told how to end. */
export function heldOpen(
  unitOfWork: UnitOfWork,
  keyId: string,
): { inside: Promise<void>; end: () => void; done: Promise<void> } {
  let end = (): void => undefined;
  const released = new Promise<void>((resolve) => (end = resolve));
  let entered = (): void => undefined;
  const inside = new Promise<void>((resolve) => (entered = resolve));
  const done = unitOfWork.run(async () => {
    await insert(unitOfWork, keyId);
    entered();
    await released;
  });
  return { inside, end, done };
}

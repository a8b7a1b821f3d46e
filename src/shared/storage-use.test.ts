import { expect, jest, test } from '@jest/globals';
import { AsyncLocalStorage } from 'node:async_hooks';
import { eventually } from '../../test/support/eventually.js';
import { StorageUse } from './storage-use.js';

test('what is stored is found as long as somebody needs it, and the storage is off once nobody does', async () => {
  const storage = new AsyncLocalStorage<string>();
  const use = new StorageUse(storage);
  const off = jest.spyOn(storage, 'disable');
  const work = (name: string, until: Promise<unknown>): Promise<string | undefined> =>
    use.during(() => storage.run(name, () => until.then(() => storage.getStore())));
  expect(await work('a', Promise.resolve())).toBe('a');
  // Across each other.
  let open: (value?: unknown) => void = () => undefined;
  const long = work('b', new Promise((resolve) => (open = resolve)));
  expect(await work('c', Promise.resolve())).toBe('c');
  open();
  expect(await long).toBe('b');
  expect(off).not.toHaveBeenCalled();
  await eventually(() => expect(off).toHaveBeenCalledTimes(1));
  expect(await work('d', Promise.resolve())).toBe('d');
});

import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { EventEmitter, once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { eventually } from '../../../test/support/eventually.js';
import type { Connections } from './connections.js';
import { succession, type Seen, type Succession } from './epochs.js';
import { PostgresEpochs } from './postgres-epochs.js';

const FIRST: Seen = { system: '7', timeline: 1, position: 100n, waitsForStandby: false, asOf: null };

test.each<[string, Partial<Seen>, Succession | null]>([
  ['goes on', { position: 200n }, null],
  ['stands still', {}, null],
  ['was promoted', { timeline: 2, position: 50n }, 'promoted'],
  ['is the old primary, back again', { timeline: 0, position: 900n }, 'older'],
  ['is an older copy of the same files', { position: 99n }, 'older'],
  ['was made anew', { system: '8', timeline: 2, position: 900n }, 'another'],
])('a database that %s', (_what, change, how) => {
  expect(succession(FIRST, { ...FIRST, ...change })).toBe(how);
});

describe('connections to PostgreSQL', () => {
  let answer: object | Error;
  let settled: string[];
  let opened: number;
  let epochs: PostgresEpochs;
  /** Why connections were closed, and how often those that are not looked at were given up. */
  let cuts: string[];
  let left: number;
  /** Nobody waits any more who looked before. */
  let patience: EventEmitter;

  const server = (timeline: number, position = 100): object => ({
    isStandby: false,
    system: '7',
    file: `${timeline.toString(16).toUpperCase().padStart(8, '0')}0000000000000001`,
    position: String(position),
    waitsForStandby: false,
    asOf: '1795698000000',
  });
  const ask = (): Promise<object[]> =>
    answer instanceof Error ? Promise.reject(answer) : Promise.resolve([answer]);
  const client = Object.assign(new EventEmitter(), {
    query: async () => ({ rows: await ask() }),
    connection: { stream: { destroy: ({ message }: Error) => cuts.push(message) } },
  });
  /** @returns why it may not be used, or '' */
  function connecting(): Promise<string> {
    return epochs.verify(client as never).then(
      () => '',
      (error: unknown) => (error as Error).message,
    );
  }

  beforeEach(() => {
    settled = [];
    opened = 0;
    const connections = { close: () => Promise.resolve((opened -= 1)) } as unknown as Connections;
    const open = (): Promise<Connections> => {
      opened += 1;
      return Promise.resolve(connections);
    };
    patience = new EventEmitter();
    client.removeAllListeners();
    cuts = [];
    left = 0;
    epochs = new PostgresEpochs(
      open,
      ask,
      () => once(patience, 'over'),
      () => (left += 1),
    );
    epochs.settleBy((now, how) => {
      settled.push(`${how} ${now.timeline}`);
      return Promise.resolve();
    });
  });

  test('are used as they come while it is the same one', async () => {
    answer = server(30);
    expect(await connecting()).toBe('');
    answer = server(30, 200);
    expect(await connecting()).toBe('');
    expect(epochs.current).toMatchObject({ system: '7', timeline: 30, asOf: 1_795_698_000_000 });
    expect(settled).toEqual([]);
  });

  test('to a standby are not used: it may lag, and cannot say (R-01)', async () => {
    answer = { ...server(1), isStandby: true, file: null, position: null };
    expect(await connecting()).toMatch(/a standby/);
  });

  test('to one that took over are used once that is settled, and it is settled once (R-13)', async () => {
    answer = server(1);
    await connecting();
    answer = server(2);
    expect(await Promise.all([connecting(), connecting()])).toEqual([
      expect.stringMatching(/another database/),
      expect.stringMatching(/another database/),
    ]);
    // Nor by those who looked before it was settled, and still wait for a connection.
    await setImmediate();
    expect([await connecting(), settled]).toEqual([expect.stringMatching(/another/), ['promoted 2']]);
    patience.emit('over');
    await eventually(async () => expect(await connecting()).toBe(''));
    expect([settled, opened]).toEqual([['promoted 2'], 0]);
  });

  test('are not used as long as it cannot be settled', async () => {
    answer = server(1);
    await connecting();
    answer = server(2);
    epochs.settleBy(() => Promise.reject(new Error('not yet')));
    for (let n = 0; n < 3; n += 1) expect(await connecting()).toMatch(/another database/);
    epochs.settleBy(() => Promise.resolve());
    expect(await connecting()).toMatch(/another database/);
    await setImmediate();
    patience.emit('over');
    await eventually(async () => expect(await connecting()).toBe(''));
  });

  test('need not be new for an older copy to be noticed, and a late answer is not taken for one', async () => {
    answer = server(1, 100);
    await connecting();
    const late = epochs.look();
    answer = server(1, 200);
    await Promise.all([late, epochs.look()]);
    expect(settled).toEqual([]);
    answer = server(1, 150);
    await epochs.look();
    expect(settled).toEqual(['older 1']);
  });

  describe('where another node works with a primary that took over', () => {
    const later = { system: '7', timeline: 2 };

    beforeEach(async () => {
      answer = server(1);
      await connecting();
    });

    test('are closed, and not opened to the one before any more', async () => {
      expect([epochs.hear(later), epochs.hear(later)]).toEqual([true, false]);
      expect([cuts, left]).toEqual([[expect.stringMatching(/took over/)], 1]);
      expect(await connecting()).toMatch(/took over/);
      await epochs.look();
      expect([epochs.current?.timeline, settled]).toEqual([1, []]);
    });

    test('are used when they lead there, and that is settled', async () => {
      epochs.hear(later);
      answer = server(2);
      expect(await connecting()).toMatch(/another database/);
      await setImmediate();
      patience.emit('over');
      await eventually(async () => expect(await connecting()).toBe(''));
      expect([settled, left]).toEqual([['promoted 2'], 2]);
      expect([epochs.hear(later), epochs.hear({ ...later, timeline: 3 })]).toEqual([false, true]);
    });

    test('are used again when the others have come back from there', async () => {
      const now = jest.spyOn(performance, 'now').mockReturnValue(1_000);
      epochs.hear(later);
      now.mockReturnValue(5_900);
      epochs.hear({ ...later, timeline: 1 });
      expect(await connecting()).toMatch(/took over/);
      now.mockReturnValue(6_100);
      epochs.hear({ ...later, timeline: 1 });
      expect(await connecting()).toBe('');
    });

    test('are left alone where it is another cluster, or one before', () => {
      expect([epochs.hear({ ...later, system: '8' }), epochs.hear({ ...later, timeline: 0 })]).toEqual([
        false,
        false,
      ]);
      expect([cuts, left]).toEqual([[], 0]);
    });
  });

  test('that break while they are looked at end nothing but themselves (R-12)', async () => {
    answer = new Error('terminated');
    const connection = connecting();
    expect(client.emit('error', new Error('reset'))).toBe(true);
    expect(await connection).toBe('terminated');
    await setImmediate();
    expect(client.listenerCount('error')).toBe(0);
  });

  test('are used unseen where the server keeps its identity to itself', async () => {
    answer = Object.assign(new Error('permission denied'), { code: '42501' });
    expect(await connecting()).toBe('');
    expect(epochs.current).toBeNull();
  });
});

import { describe, expect, test } from '@jest/globals';
import type { ChangeFeed, ChangeListener, NumberedChange } from '../../src/platform/changes/change-feed.js';
import { LocalChangeFeed } from '../../src/platform/changes/local-change-feed.js';
import { RecordingLog } from '../support/recording-log.js';

/** An adapter as these tests need it: its feed, and what moves its time and its neighbours. */
interface Adapter {
  readonly feed: ChangeFeed;
  readonly log: RecordingLog;
  advance(ms: number): void;
  /** Others that are not heard come or go. */
  setAlone(alone: boolean): void;
}

const adapters: readonly [string, () => Adapter][] = [
  [
    'in process',
    () => {
      let now = 0;
      let alone = true;
      const log = new RecordingLog();
      const feed = new LocalChangeFeed(
        () => alone,
        log,
        () => now,
      );
      return { feed, log, advance: (ms) => (now += ms), setAlone: (is) => (alone = is) };
    },
  ],
];

/** Writes down what it hears. */
function recorder(): ChangeListener & { readonly heard: NumberedChange[]; missedTimes: number } {
  return {
    heard: [],
    missedTimes: 0,
    changed(change) {
      this.heard.push(change);
    },
    missed() {
      this.missedTimes += 1;
    },
  };
}

describe.each(adapters)('a change feed (%s)', (_, make) => {
  test('has told every listener of this process when publish returns, in order and numbered', () => {
    const { feed } = make();
    const [one, two] = [recorder(), recorder()];
    feed.listen(one);
    feed.listen(two);
    feed.publish({ topic: 'account', id: '1' });
    feed.publish({ topic: 'server', id: 's' });
    feed.publish({ topic: 'account', id: '1' });
    expect(one.heard.map(({ topic, id }) => `${topic} ${id}`)).toEqual([
      'account 1',
      'server s',
      'account 1',
    ]);
    expect(two.heard).toEqual(one.heard);
    const [first = 0, ...later] = one.heard.map(({ sequence }) => sequence);
    expect(later).toEqual([first + 1, first + 2]);
  });

  test('tells nobody who has stopped listening, and the same listener once for each time it listens', () => {
    const { feed } = make();
    const one = recorder();
    const stop = feed.listen(one);
    feed.listen(one);
    stop();
    stop();
    feed.publish({ topic: 'account', id: '1' });
    expect(one.heard).toHaveLength(1);
  });

  test('goes on to the next listener when one throws, and logs it', () => {
    const { feed, log } = make();
    feed.listen({
      changed: () => {
        throw new Error('deaf');
      },
      missed: () => {
        throw new Error('deaf');
      },
    });
    const one = recorder();
    feed.listen(one);
    feed.publish({ topic: 'account', id: '1' });
    feed.forget();
    expect([one.heard.length, one.missedTimes]).toEqual([1, 1]);
    expect(log.messages('error')).toEqual(Array(2).fill('a listener to changes failed'));
  });

  test('lets a listener stop listening while it is told', () => {
    const { feed } = make();
    const one = recorder();
    const stop = feed.listen({ changed: () => stop(), missed: () => undefined });
    feed.listen(one);
    feed.publish({ topic: 'account', id: '1' });
    expect(one.heard).toHaveLength(1);
  });

  test('tells all to forget when something may have been missed', () => {
    const { feed } = make();
    const one = recorder();
    feed.listen(one);
    feed.forget();
    expect(one.missedTimes).toBe(1);
  });

  test('does not hear all while others write unheard', () => {
    const { feed, ...adapter } = make();
    expect(feed.hearsAll).toBe(true);
    adapter.setAlone(false);
    expect(feed.hearsAll).toBe(false);
  });

  test('after a commit in doubt tells all to forget, and to remember nothing for five minutes', () => {
    const { feed, ...adapter } = make();
    const one = recorder();
    feed.listen(one);
    feed.doubt();
    expect([one.missedTimes, feed.hearsAll]).toEqual([1, false]);
    adapter.advance(5 * 60_000 - 1);
    expect(feed.hearsAll).toBe(false);
    adapter.advance(1);
    expect(feed.hearsAll).toBe(true);
  });
});

import { describe, expect, test } from '@jest/globals';
import type { ChangeFeed } from '../../src/platform/changes/change-feed.js';
import { LocalChangeFeed } from '../../src/platform/changes/local-change-feed.js';
import { RecordingLog } from '../support/recording-log.js';
import { NodesOnABus, recorder, type NodeOnABus } from '../support/nodes-on-a-bus.js';

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
  [
    'between nodes',
    () => {
      const nodes = new NodesOnABus();
      const { feed, log } = nodes.add();
      return {
        feed,
        log,
        advance: (ms) => nodes.advance(ms),
        setAlone: (is) => (is ? nodes.stranger(false) : nodes.stranger(true)),
      };
    },
  ],
];

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
    expect([feed.hearsAll, feed.isAlone]).toEqual([true, true]);
    adapter.setAlone(false);
    expect([feed.hearsAll, feed.isAlone]).toEqual([false, false]);
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

describe('between nodes', () => {
  /** Two nodes that have heard each other for a while. */
  function pair(): { nodes: NodesOnABus; one: NodeOnABus; two: NodeOnABus } {
    const nodes = new NodesOnABus();
    const [one, two] = [nodes.add(), nodes.add()];
    nodes.advance(300);
    expect([one.feed.hearsAll, two.feed.hearsAll]).toEqual([true, true]);
    expect([one.log.lines, two.log.lines]).toEqual([[], []]);
    one.memory.missedTimes = two.memory.missedTimes = 0;
    return { nodes, one, two };
  }
  const change = (id: string) => ({ topic: 'account', id }) as const;
  const heard = ({ memory }: NodeOnABus): string[] => memory.heard.map(({ id }) => id);

  test('a change is told on every node, once and in order', () => {
    const { one, two } = pair();
    one.feed.publish(change('a'));
    two.feed.publish(change('b'));
    one.feed.publish(change('c'));
    expect([heard(one), heard(two)]).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
    expect([one.memory.missedTimes, two.memory.missedTimes]).toEqual([0, 0]);
  });

  test('that a server was only heard from, and when, is told on every node', () => {
    const { one, two } = pair();
    one.feed.publish({ topic: 'server', id: 's', heardAt: 1_795_000_000_123 });
    one.feed.publish({ topic: 'server', id: 's' });
    for (const { memory } of [one, two])
      expect(memory.heard.map(({ heardAt }) => heardAt)).toEqual([1_795_000_000_123, undefined]);
  });

  test('a node hears that another one works with a primary that took over from its own, and says so once', () => {
    const { nodes, one, two } = pair();
    one.timeline = 2;
    nodes.advance(300);
    expect([one.later, one.log.lines]).toEqual([[], []]);
    expect(two.later).toEqual([2, 2, 2]);
    expect(two.log.lines).toMatchObject([
      {
        level: 'warn',
        fields: { timeline: 2 },
        message: expect.stringMatching(/a later primary of PostgreSQL/),
      },
    ]);
  });

  test('a node that has not heard everybody of late remembers nothing, and again as soon as it has', () => {
    const { nodes, one, two } = pair();
    two.isStopped = true;
    nodes.advance(450);
    expect(one.feed.hearsAll).toBe(false);
    two.release();
    nodes.advance(300);
    expect([one.feed.hearsAll, one.memory.missedTimes]).toEqual([true, 0]);
  });

  test('a node that was stopped knows at once that it may have missed something', () => {
    const { nodes, one, two } = pair();
    two.isStopped = true;
    one.feed.publish(change('a'));
    nodes.advance(5_000);
    expect(two.feed.hearsAll).toBe(false);
    two.release();
    // What comes late is old by the own clock, however much of it there is.
    expect([heard(two), two.feed.hearsAll]).toEqual([['a'], false]);
  });

  test('messages that are held up prolong nothing: what they tell is as old as the beat they answer', () => {
    const { nodes, one, two } = pair();
    two.isHeldUp = true;
    nodes.advance(400);
    one.feed.publish(change('a'));
    two.release();
    two.isHeldUp = true;
    nodes.advance(450);
    expect(two.feed.hearsAll).toBe(false);
  });

  test('a message that is lost is missed with the next one, whatever that is', () => {
    const { nodes, one, two } = pair();
    one.isMute = true;
    one.feed.publish(change('lost'));
    one.isMute = false;
    nodes.advance(100);
    expect([heard(two), two.memory.missedTimes]).toEqual([[], 1]);
    one.isMute = true;
    one.feed.publish(change('lost too'));
    one.isMute = false;
    one.feed.publish(change('a'));
    expect([heard(two), two.memory.missedTimes]).toEqual([[], 2]);
    one.feed.publish(change('b'));
    expect([heard(two), two.memory.missedTimes]).toEqual([['b'], 2]);
  });

  test('a node that cannot be heard keeps everybody from remembering, itself too', () => {
    const { nodes, one, two } = pair();
    one.isMute = true;
    nodes.advance(450);
    expect([one.feed.hearsAll, two.feed.hearsAll]).toEqual([false, false]);
  });

  test('so does somebody who only shows itself in the database; and nobody is believed whose presence is unknown', () => {
    const { nodes, one } = pair();
    nodes.stranger(true);
    expect(one.feed.hearsAll).toBe(false);
    nodes.stranger(false);
    expect(one.feed.hearsAll).toBe(true);
    one.others = null;
    expect(one.feed.hearsAll).toBe(false);
  });

  test('a newcomer counts only once it was heard, and what was remembered before goes', () => {
    const { nodes, one } = pair();
    const three = nodes.add();
    expect(one.feed.hearsAll).toBe(false);
    three.feed.publish(change('a'));
    expect(one.memory.missedTimes).toBe(1);
    nodes.advance(300);
    expect([one.feed.hearsAll, three.feed.hearsAll]).toEqual([true, true]);
  });

  test('a beat says nothing of a commit that was under way when it was sent', () => {
    const { nodes, one, two } = pair();
    one.oldestCommit = nodes.now;
    nodes.advance(450);
    expect([one.feed.hearsAll, two.feed.hearsAll]).toEqual([true, false]);
    one.feed.publish(change('a'));
    one.oldestCommit = Infinity;
    nodes.advance(300);
    expect([heard(two), two.feed.hearsAll, two.memory.missedTimes]).toEqual([['a'], true, 0]);
  });

  test('a doubt of one is a doubt of all, also of who comes later', () => {
    const { nodes, one, two } = pair();
    one.feed.doubt();
    expect([two.memory.missedTimes, two.feed.hearsAll]).toEqual([1, false]);
    const three = nodes.add();
    nodes.advance(1_000);
    expect([one, two, three].map(({ feed }) => feed.hearsAll)).toEqual([false, false, false]);
    nodes.advance(5 * 60_000);
    expect([one, two, three].map(({ feed }) => feed.hearsAll)).toEqual([true, true, true]);
  });

  test('who says farewell is not waited for', async () => {
    const { one, two } = pair();
    one.feed.publish(change('last'));
    await one.feed.sayFarewell();
    expect([two.left, heard(two), two.memory.missedTimes]).toEqual([[1], ['last'], 0]);
  });

  test('what a farewell counts and was not heard is missed', async () => {
    const { one, two } = pair();
    one.isMute = true;
    one.feed.publish(change('lost'));
    one.isMute = false;
    await one.feed.sayFarewell();
    expect([two.left, two.memory.missedTimes]).toEqual([[1], 1]);
  });

  test('what is no message of a node changes nothing', () => {
    const { one, two } = pair();
    for (const text of ['', '{', '[]', '{"from":1}', '{"from":1,"last":"9"}', 'null']) two.hear(text);
    expect([one.feed.hearsAll, two.feed.hearsAll, two.memory.missedTimes]).toEqual([true, true, 0]);
  });
});

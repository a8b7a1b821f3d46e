import { describe, expect, test } from '@jest/globals';
import { operationOf } from './link-history.mjs';
import { violationIn } from './linearizable.mjs';

/** What was done, its answer (null: nobody knows), and when. `ask a` asks with the key a, `list` is a device's. */
type Row = readonly [what: string, answer: string | null, from: number, until: number];

/** How a list may be out of date in these histories. */
const STALE_MS = 500;

function judged(...rows: readonly Row[]): string | null {
  const operations = rows.map(([words, answer, from, until], node) => {
    const [what = '', key] = words.split(' ');
    const seen = { node, from, until, answer, ...(key === undefined ? {} : { key }) };
    if (what === 'list') return operationOf({ ...seen, what: 'device list' }, STALE_MS);
    if (what === 'rows') return operationOf({ ...seen, what: 'server list' });
    return operationOf({ ...seen, what: what as 'ask' | 'accept' | 'end' });
  });
  return violationIn(operations, 'none')?.unexplained.words ?? null;
}

const LINKED: readonly Row[] = [
  ['ask a', 'waiting', 0, 10],
  ['accept', 'accepted', 20, 30],
];

describe('a history that can be explained', () => {
  test.each<[string, readonly Row[]]>([
    ['nothing at all', []],
    ['one thing after the other', [...LINKED, ['list', 'a', 2_000, 2_010], ['end', 'ended', 3_000, 3_010]]],
    ['a list that is out of date by less than it may be', [...LINKED, ['list', '', 520, 530]]],
    [
      'a list that looks back, after one that did not',
      [...LINKED, ['list', 'a', 100, 110], ['list', '', 200, 210]],
    ],
    [
      'a list that was begun before the end',
      [...LINKED, ['end', 'ended', 100, 110], ['list', 'a', 90, 2_000]],
    ],
    [
      'two that ask at the same time, in either order',
      [
        ['ask a', 'waiting', 0, 100],
        ['ask b', 'waiting', 0, 100],
        ['rows', 'waiting b', 110, 120],
        ['rows', 'waiting b', 130, 140],
      ],
    ],
    [
      'an end that nobody knows of, and that was none',
      [...LINKED, ['end', null, 40, 50], ['list', 'a', 9_000, 9_010]],
    ],
    [
      'an end that nobody knows of, and that was one',
      [...LINKED, ['end', null, 40, 50], ['list', '', 9_000, 9_010]],
    ],
    [
      'an end that nobody knows of, and that came late',
      [
        ...LINKED,
        ['end', null, 40, 50],
        ['rows', 'accepted a', 4_000, 4_010],
        ['rows', 'none', 4_020, 4_030],
      ],
    ],
    [
      'an asking that nobody knows of, told by what came after it',
      [
        ['ask a', null, 0, 10],
        ['accept', 'accepted', 20, 30],
        ['list', 'a', 2_000, 2_010],
      ],
    ],
    [
      'an end that found nothing, as another one was faster',
      [...LINKED, ['end', 'ended', 40, 60], ['end', 'none', 40, 50], ['list', '', 9_000, 9_010]],
    ],
  ])('%s', (_name, rows) => {
    expect(judged(...rows)).toBeNull();
  });
});

describe('a history that nothing explains', () => {
  test.each<[string, readonly Row[], string]>([
    ['a list out of date', [...LINKED, ['list', '', 531, 540]], 'device list'],
    [
      'an ended link that comes back',
      [...LINKED, ['end', 'ended', 40, 50], ['list', 'a', 600, 610]],
      'device list',
    ],
    ['an acknowledged acceptance that is lost', [...LINKED, ['list', '', 5_000, 5_010]], 'device list'],
    ['a list of what is yet to come', [['list', 'a', 0, 5], ...LINKED.map(later)], 'device list'],
    ['a key that nobody gave', [...LINKED, ['list', 'b', 100, 110]], 'device list'],
    ['two ends of one link', [...LINKED, ['end', 'ended', 40, 50], ['end', 'ended', 60, 70]], 'end'],
    [
      'an acceptance of what had ended',
      [...LINKED, ['end', 'ended', 40, 50], ['accept', 'accepted', 60, 70]],
      'accept',
    ],
    ['an asking that forgets the acceptance', [...LINKED, ['ask b', 'waiting', 40, 50]], 'ask b'],
    [
      'an end that nobody knows of, that was one, and then none',
      [...LINKED, ['end', null, 40, 50], ['rows', 'none', 100, 110], ['rows', 'accepted a', 120, 130]],
      'server list',
    ],
    [
      'an end that nobody knows of, before it was begun',
      [...LINKED, ['rows', 'none', 40, 50], ['end', null, 60, 70]],
      'server list',
    ],
    [
      'keys that change places',
      [
        ['ask a', 'waiting', 0, 100],
        ['ask b', 'waiting', 0, 100],
        ['rows', 'waiting b', 110, 120],
        ['rows', 'waiting a', 130, 140],
      ],
      'server list',
    ],
    [
      'two askings that nobody knows of, each used twice',
      [
        ['ask a', null, 0, 10],
        ['ask b', null, 0, 10],
        ['rows', 'waiting a', 20, 30],
        ['rows', 'waiting b', 40, 50],
        ['rows', 'waiting a', 60, 70],
      ],
      'server list',
    ],
  ])('%s', (_name, rows, unexplained) => {
    expect(judged(...rows)).toContain(`: ${unexplained}`);
  });

  test('is told with what the link may have been then, and what was done before', () => {
    const operations = [
      operationOf({ what: 'ask', key: 'a', node: 0, from: 0, until: 10, answer: 'waiting' }),
      operationOf({ what: 'server list', node: 1, from: 20, until: 30, answer: 'none' }),
    ];
    const violation = violationIn(operations, 'none');
    expect(violation?.states).toEqual(['waiting a']);
    expect(violation?.before.map(({ words }) => words)).toEqual([
      '0–10 ms, node 0: ask a → waiting',
      '20–30 ms, node 1: server list  → none',
    ]);
  });
});

function later([what, answer, from, until]: Row): Row {
  return [what, answer, from + 1_000, until + 1_000];
}

test('thousands of operations, many of them at the same time and many unknown, are judged', () => {
  const operations = [];
  for (let n = 0; n < 1_000; n += 1) {
    const from = n * 100;
    const key = `k${n}`;
    operations.push(operationOf({ what: 'ask', key, node: 0, from, until: from + 10, answer: 'waiting' }));
    if (n % 10 === 0)
      operations.push(operationOf({ what: 'end', node: 1, from: from + 20, until: from + 30, answer: null }));
    for (let read = 0; read < 5; read += 1) {
      const seen = { node: read, from: from + 50 + read, until: from + 60 + read, answer: '' };
      operations.push(operationOf({ what: 'device list', ...seen }, STALE_MS));
    }
  }
  expect(violationIn(operations, 'none')).toBeNull();
});

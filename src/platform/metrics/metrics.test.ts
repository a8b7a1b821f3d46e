import { expect, test } from '@jest/globals';
import { exposition } from './exposition.js';
import { counter, declaredMetrics, gauge, histogram, NAMES_IN_THE_CODE } from './metrics.js';

const doors = counter({
  name: 'signpost_test_doors_total',
  help: 'Doors.',
  labels: { way: ['in', 'out'], colour: ['red', 'blue'] },
});
const routes = counter({
  name: 'signpost_test_routes_total',
  help: 'Routes.',
  labels: { route: NAMES_IN_THE_CODE },
});
const waits = histogram({ name: 'signpost_test_wait_seconds', help: 'Waits.', labels: {} }, [0.1, 1]);
const depth = gauge({ name: 'signpost_test_depth', help: 'Depth.', labels: { of: ['well', 'sea'] } });

const linesOf = async (name: string): Promise<string[]> =>
  (await exposition()).split('\n').filter((line) => line.startsWith(name));

test('listed values are there from the start, so that the first event is seen as growth', async () => {
  doors.count({ way: 'out', colour: 'blue' });
  doors.series({ way: 'out', colour: 'blue' }).add(2);
  expect(await linesOf('signpost_test_doors_total')).toEqual([
    'signpost_test_doors_total{way="in",colour="red"} 0',
    'signpost_test_doors_total{way="in",colour="blue"} 0',
    'signpost_test_doors_total{way="out",colour="red"} 0',
    'signpost_test_doors_total{way="out",colour="blue"} 3',
  ]);
});

test('buckets hold everything up to their bound', async () => {
  for (const seconds of [0.1, 0.5, 7]) waits.observe({}, seconds);
  expect(await linesOf('signpost_test_wait_seconds')).toEqual([
    'signpost_test_wait_seconds_bucket{le="0.1"} 1',
    'signpost_test_wait_seconds_bucket{le="1"} 2',
    'signpost_test_wait_seconds_bucket{le="+Inf"} 3',
    'signpost_test_wait_seconds_sum 7.6',
    'signpost_test_wait_seconds_count 3',
  ]);
});

test('a gauge that cannot be read is left out and counted, and spoils no other', async () => {
  depth.readBy({ of: 'well' }, () => Promise.reject(new Error('away')));
  depth.readBy({ of: 'sea' }, () => 11_000);
  expect(await linesOf('signpost_test_depth')).toEqual(['signpost_test_depth{of="sea"} 11000']);
  expect(await linesOf('signpost_metrics_unread_total')).toContain(
    'signpost_metrics_unread_total{metric="signpost_test_depth"} 1',
  );
});

test('however many names come, the series stay bounded, and none escapes its quotes', async () => {
  routes.count({ route: 'a"b\\c\nd' });
  for (let index = 0; index < 3_000; index += 1) routes.count({ route: `/${index}` });
  const lines = await linesOf('signpost_test_routes_total');
  expect(lines).toHaveLength(2_001);
  expect(lines[0]).toBe('signpost_test_routes_total{route="a\\"b\\\\c\\nd"} 1');
  expect(lines.at(-1)).toBe('signpost_test_routes_total{route="other"} 1001');
});

test('a name is declared once, and the declarations are in order', () => {
  expect(() => gauge({ name: 'signpost_test_depth', help: '', labels: {} })).toThrow('two metrics');
  const names = declaredMetrics().map(({ name }) => name);
  expect(names).toEqual([...names].sort());
});

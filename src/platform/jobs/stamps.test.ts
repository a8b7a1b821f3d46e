import { expect, test } from '@jest/globals';
import { RecordingLog } from '../../../test/support/recording-log.js';
import { Jobs } from './jobs.service.js';
import { Stamps, type Stamped } from './stamps.js';

interface Room {
  readonly jobs: Jobs;
  readonly log: RecordingLog;
  readonly stamps: Stamps<string>;
  readonly written: Stamped<string>[];
  /** Lets the unit of work that is being written end. */
  readonly end: (error?: Error) => void;
}

function room(): Room {
  const log = new RecordingLog();
  const jobs = new Jobs(log);
  const written: Stamped<string>[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const stamps = new Stamps<string>(jobs, 'stamp', (stamped) => {
    written.push(stamped);
    return new Promise((done, fail) => ends.push((error) => (error ? fail(error) : done())));
  });
  return { jobs, log, stamps, written, end: (error) => ends.shift()?.(error) };
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

test('writes the first at once, and what comes meanwhile together, each once, in the order of the ids', async () => {
  const { jobs, stamps, written, end } = room();
  stamps.add('a', 1);
  for (const [at, id] of ['c', 'b', 'c'].entries()) stamps.add(id, 2 + at);
  await turn();
  end();
  await turn();
  end();
  await jobs.idle();
  stamps.add('d', 9);
  expect(written).toEqual([
    [['a', 1]],
    [
      ['b', 3],
      ['c', 4],
    ],
    [['d', 9]],
  ]);
  end();
  await jobs.idle();
});

test('of very many, at most a hundred at once, and none is forgotten', async () => {
  const { jobs, stamps, written, end } = room();
  for (let n = 0; n < 250; n += 1) stamps.add(`device ${n}`, n);
  for (let n = 0; n < 4; n += 1) {
    await turn();
    end();
  }
  await jobs.idle();
  expect(written.map((all) => all.length)).toEqual([1, 100, 100, 49]);
  expect(new Set(written.flat().map(([id]) => id)).size).toBe(250);
});

test('one that fails is logged, and the next is written all the same (R-15)', async () => {
  const { jobs, log, stamps, written, end } = room();
  stamps.add('a', 1);
  await turn();
  stamps.add('b', 2);
  end(new Error('no room'));
  await turn();
  end();
  await jobs.idle();
  expect(written).toEqual([[['a', 1]], [['b', 2]]]);
  expect(log.lines.map(({ message }) => message)).toEqual(['job failed']);
});

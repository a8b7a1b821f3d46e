import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { EventEmitter } from 'node:events';
import type { Server } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import type { Config } from '../../../config/index.js';
import { SystemClock } from '../../clock/system-clock.js';
import type { Log } from '../../logging/log.js';
import type { ErrorPresenter } from '../error-filter.js';
import { Readiness } from '../readiness.js';
import { LoadShedder } from './load-shedder.js';
import type { Priority } from './priority.js';
import type { PriorityTable } from './priority-table.js';
import { Refusals } from './refusals.js';
import { WaitingLine } from './waiting-line.js';

describe('a waiting line', () => {
  let line: WaitingLine<string>;
  beforeEach(() => {
    line = new WaitingLine(100);
  });
  const all = (): string[] => Array.from({ length: line.length }, () => line.take() ?? '');

  test('lets the most important go first; of these, who came first', () => {
    const come: [string, Priority][] = [
      ['look-up', 'look-up'],
      ['list 1', 'discovery'],
      ['sign-in', 'sign-in'],
      ['revocation', 'always'],
      ['list 2', 'discovery'],
      ['update', 'server'],
      ['sign-up', 'registration'],
    ];
    for (const [who, priority] of come) line.add(who, priority, 0);
    expect(all()).toEqual(['revocation', 'list 1', 'list 2', 'update', 'sign-in', 'sign-up', 'look-up']);
    expect(line.take()).toBeUndefined();
  });

  test('keeps its order however long it gets', () => {
    const count = 3_500;
    for (let at = 0; at < count; at += 1) line.add(`${at}`, 'server', 0);
    const first = Array.from({ length: 1_500 }, () => line.take());
    line.add('last', 'server', 0);
    const rest = all();
    expect([first[0], first.at(-1), rest[0], rest.at(-2), rest.at(-1)]).toEqual([
      '0',
      '1499',
      '1500',
      '3499',
      'last',
    ]);
    expect(line.length).toBe(0);
  });

  test('has patience with a burst, however long it is, and none with a line that does not end', () => {
    line.add('first', 'server', 0);
    line.add('second', 'server', 0);
    expect(line.takeOverdue(400)).toEqual([]);
    expect(line.takeOverdue(401)).toEqual(['first', 'second']);
    // Nobody was served: it stands, although nobody is there.
    line.add('third', 'server', 650);
    expect(line.takeOverdue(1_000)).toEqual([]);
    line.add('fourth', 'server', 1_040);
    expect(line.takeOverdue(1_101)).toEqual(['third']);
    expect(line.takeOverdue(1_140)).toEqual([]);
    expect(line.takeOverdue(1_141)).toEqual(['fourth']);
    expect(line.length).toBe(0);
  });

  test('gives those whose turn it is the patience of a burst', () => {
    line.add('first', 'server', 0);
    expect(line.takeOverdue(2_000)).toEqual(['first']);
    line.add('second', 'server', 2_500);
    expect(line.takeOverdue(2_900, true)).toEqual([]);
    expect(line.takeOverdue(2_901, true)).toEqual(['second']);
  });

  test('is a burst again a second after the last one was sent away', () => {
    line.add('first', 'server', 0);
    expect(line.takeOverdue(2_000)).toEqual(['first']);
    line.add('second', 'server', 3_001);
    expect(line.takeOverdue(3_401)).toEqual([]);
  });

  const come = (count: number, priority: Priority, now: number, to = line): number =>
    Array.from({ length: count }, (_none, at) => to.add(`${at}`, priority, now)).filter(Boolean).length;
  const serve = (count: number, from = line): void => {
    for (let served = 0; served < count; served += 1) from.take();
  };

  test('turns nobody away who will be served in time, however long it stands', () => {
    const patient = new WaitingLine<string>(10_000);
    expect(come(32, 'discovery', 0, patient)).toBe(32);
    for (let now = 500; now <= 20_000; now += 500) {
      serve(16, patient);
      expect(come(16, 'discovery', now, patient)).toBe(16);
      expect(patient.takeOverdue(now)).toEqual([]);
    }
  });

  test('has room where it stands for twice as many as are served in time, and never turns away what takes rights away', () => {
    expect(come(500, 'server', 0)).toBe(500);
    serve(120);
    expect(line.takeOverdue(1_200)).toHaveLength(380);
    expect(come(30, 'server', 1_200)).toBe(20);
    // None since.
    expect(line.takeOverdue(1_310)).toHaveLength(20);
    expect(come(20, 'server', 1_310)).toBe(8);
    expect(come(20, 'discovery', 1_310)).toBe(20);
    expect(come(20, 'always', 5_000)).toBe(20);
    expect(come(20, 'always', 9_000)).toBe(20);
  });

  test('sends the least important away first, and what takes rights away never', () => {
    line.add('revocation', 'always', 0);
    line.add('list', 'discovery', 0);
    line.add('look-up', 'look-up', 0);
    expect(line.takeOverdue(10_000)).toEqual(['look-up', 'list']);
    expect(all()).toEqual(['revocation']);
  });
});

/** A server that a test plays the callers and the routes of. */
class Stage {
  now = 0;
  /** Milliseconds of work in each request that is served. */
  workMs = 0;
  readonly served: string[] = [];
  readonly refused: { readonly who: string; readonly status: number; readonly retryAfter: number }[] = [];
  readonly warnings: object[] = [];
  readonly readiness = new Readiness();
  readonly #server = new EventEmitter();

  constructor(overloadDelay: number) {
    this.#server.on('request', ({ url }: { url: string }) => {
      this.served.push(url);
      this.now += this.workMs;
    });
    const log = { warn: (fields: object) => this.warnings.push(fields) } as unknown as Log;
    const stopwatch = { now: () => this.now };
    const config = { overloadDelay } as Config;
    const refusals = new Refusals(this.readiness, log, stopwatch, new SystemClock());
    const shedder = new LoadShedder(config, refusals, stopwatch);
    const table = {
      of: (_method: string, url: string) => ({ priority: url.replace(/\/|\d/g, ''), route: url }),
    };
    const presenter = {
      prefix: '',
      busy: () => ({ status: 503, contentType: 'text/plain', body: 'busy' }),
    };
    shedder.addTo(
      this.#server as unknown as Server,
      table as unknown as PriorityTable,
      [presenter] as unknown as ErrorPresenter[],
    );
  }

  /** All in one turn. */
  come(...urls: string[]): void {
    for (const url of urls) this.#server.emit('request', { method: 'GET', url }, this.#responseTo(url));
  }

  comeAndGo(url: string): void {
    const response = { ...this.#responseTo(url), destroyed: true };
    this.#server.emit('request', { method: 'GET', url }, response);
  }

  #responseTo(who: string): object {
    const response = {
      destroyed: false,
      writeHead: (status: number, head: string[]) => {
        this.refused.push({ who, status, retryAfter: Number(head[head.indexOf('Retry-After') + 1]) });
        return response;
      },
      end: () => undefined,
    };
    return response;
  }
}

describe('the load shedder', () => {
  test('makes nobody wait while a turn has time', () => {
    const stage = new Stage(100);
    stage.workMs = 1;
    stage.come('/look-up', '/discovery', '/server');
    expect(stage.served).toEqual(['/look-up', '/discovery', '/server']);
  });

  test('leaves what a turn has no time for to the next ones, the most important first', async () => {
    const stage = new Stage(100);
    stage.workMs = 6;
    stage.come('/look-up1', '/look-up2', '/sign-in', '/discovery', '/always');
    expect(stage.served).toEqual(['/look-up1']);
    while (stage.served.length < 5) await turn();
    expect(stage.served).toEqual(['/look-up1', '/always', '/discovery', '/sign-in', '/look-up2']);
    expect(stage.refused).toEqual([]);
    // All is as before.
    await turn();
    stage.come('/look-up3');
    expect(stage.served.at(-1)).toBe('/look-up3');
  });

  test('refuses who has waited for too long, tells operators, and serves what takes rights away', async () => {
    const stage = new Stage(100);
    stage.workMs = 6;
    stage.come('/server', '/discovery', '/look-up', '/always');
    stage.now += 401;
    while (stage.served.length < 2) await turn();
    expect(stage.served).toEqual(['/server', '/always']);
    expect(stage.refused).toEqual([
      { who: '/look-up', status: 503, retryAfter: 15 },
      { who: '/discovery', status: 503, retryAfter: 22 },
    ]);
    expect(stage.readiness.notices).toEqual(['overloaded']);
    expect(stage.warnings).toEqual([{ refused: { 'look-up': 1, discovery: 1 }, waiting: 1 }]);
    stage.now += 15_000;
    expect(stage.readiness.notices).toEqual([]);
  });

  test('tells refused callers to come back apart, from half to one and a half times the mean', async () => {
    const stage = new Stage(100);
    stage.workMs = 6;
    stage.come(...Array.from({ length: 31 }, (_none, at) => `/server${at}`));
    stage.now += 401;
    await turn();
    const seconds = stage.refused.map(({ retryAfter }) => retryAfter);
    expect([seconds.length, new Set(seconds).size]).toEqual([30, 15]);
    expect([Math.min(...seconds), Math.max(...seconds)]).toEqual([8, 22]);
  });

  test('does not serve who has gone meanwhile', async () => {
    const stage = new Stage(100);
    stage.workMs = 6;
    stage.come('/server');
    stage.comeAndGo('/discovery');
    stage.come('/look-up');
    const leave = jest.spyOn(Refusals.prototype, 'leave');
    while (stage.served.length < 2) await turn();
    expect(stage.served).toEqual(['/server', '/look-up']);
    // What was begun for them may fail.
    expect(leave.mock.calls).toMatchObject([[{ request: { url: '/discovery' } }]]);
    leave.mockRestore();
  });

  test('serves those who wait for twice as long as reading took, 25 ms at a time', async () => {
    const stage = new Stage(1_000);
    stage.workMs = 6;
    stage.come(...Array.from({ length: 30 }, (_none, at) => `/server${at}`));
    const servedAfter = async (readingMs: number): Promise<number> => {
      const before = stage.served.length;
      stage.now += readingMs;
      await turn();
      return stage.served.length - before;
    };
    expect(await servedAfter(0)).toBe(1);
    // Of 14 ms, 6 were there already.
    expect([await servedAfter(7), await servedAfter(0)]).toEqual([2, 1]);
    expect([await servedAfter(30), await servedAfter(0), await servedAfter(0)]).toEqual([5, 4, 1]);
  });

  test('refuses nobody where the setting says so', () => {
    const stage = new Stage(0);
    stage.workMs = 10_000;
    stage.come('/look-up', '/look-up', '/look-up');
    expect(stage.served).toHaveLength(3);
  });
});

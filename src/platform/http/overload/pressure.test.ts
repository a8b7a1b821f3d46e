import { describe, expect, test } from '@jest/globals';
import { Pressure } from './pressure.js';
import { PRIORITIES } from './priority.js';

const STEP = 0.1;

function under(delayMs: number, steps: number, pressure = new Pressure(100)): Pressure {
  for (let step = 0; step < steps; step += 1) pressure.observe(delayMs, STEP);
  return pressure;
}

/** Of a hundred requests each, how many are served. */
function served(pressure: Pressure): Record<string, number> {
  const of = (priority: (typeof PRIORITIES)[number]): number =>
    Array.from({ length: 100 }, () => pressure.admits(priority)).filter(Boolean).length;
  return Object.fromEntries(PRIORITIES.map((priority) => [priority, of(priority)]));
}

describe('pressure', () => {
  test('is none while waiting stays short', () => {
    const pressure = under(99, 100);
    expect(pressure.level).toBe(0);
    expect(Object.values(served(pressure))).toEqual([100, 100, 100, 100, 100, 100]);
  });

  test('does not rise for one long pause, however long it was', () => {
    const pressure = new Pressure(100);
    for (const delay of [5, 2_000, 5, 900, 20, 3_000, 0]) pressure.observe(delay, 1);
    expect(pressure.level).toBe(0);
  });

  test('refuses the least important first, and what takes rights away never', () => {
    const all = under(5_000, 40);
    expect(served(all)).toEqual({
      'look-up': 0,
      registration: 0,
      'sign-in': 0,
      server: 0,
      discovery: 0,
      always: 100,
    });
    const half = new Pressure(100);
    half.observe(5_000, STEP);
    while (half.level < 2.5) half.observe(5_000, STEP);
    const { 'sign-in': signIns, ...others } = served(half);
    expect(others).toEqual({ 'look-up': 0, registration: 0, server: 100, discovery: 100, always: 100 });
    expect(signIns).toBeGreaterThan(40);
    expect(signIns).toBeLessThan(60);
  });

  test('is at its height after little more than a second, and gone ten seconds after the end', () => {
    expect(under(200, 12).level).toBe(5);
    const pressure = under(5_000, 40);
    expect(under(0, 50, pressure).level).toBeGreaterThan(2);
    expect(under(0, 60, pressure).level).toBe(0);
  });

  test('takes a step of many seconds for one of a single second: nothing was seen in between', () => {
    const pressure = new Pressure(100);
    pressure.observe(150, 30);
    pressure.observe(150, 30);
    expect(pressure.level).toBe(2.5);
  });
});

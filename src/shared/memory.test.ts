import { expect, test } from '@jest/globals';
import { Memory } from './memory.js';

test('keeps what it is given until there is no more room; then the one not asked for goes', () => {
  const memory = new Memory<string, number>(3);
  for (const [at, key] of ['a', 'b', 'c'].entries()) memory.set(key, at);
  expect(memory.get('a')).toBe(0);
  memory.set('d', 3);
  expect(['a', 'b', 'c', 'd'].map((key) => memory.has(key))).toEqual([true, false, true, true]);
});

test('what was asked for once is spared once', () => {
  const memory = new Memory<string, number>(2);
  memory.set('a', 1);
  memory.get('a');
  for (const key of ['b', 'c', 'd']) memory.set(key, 2);
  expect(memory.has('a')).toBe(false);
});

test('counts weights: a heavy one drives out several, one heavier than everything is not kept', () => {
  const memory = new Memory<string, number>(10);
  for (const key of ['a', 'b', 'c']) memory.set(key, 1, 3);
  expect(memory.set('heavy', 1, 7)).toBe(true);
  expect([memory.size, memory.weight]).toEqual([2, 10]);
  expect(memory.set('heavy', 1, 11)).toBe(false);
  expect([memory.has('heavy'), memory.weight]).toEqual([false, 3]);
});

test('with no room keeps nothing', () => {
  const memory = new Memory<string, number>(0);
  expect(memory.set('a', 1)).toBe(false);
  expect(memory.get('a')).toBeUndefined();
});

test('tells of every value that goes, once: driven out, replaced, deleted, cleared', () => {
  const gone: string[] = [];
  const memory = new Memory<string, number>(2, (key, value) => gone.push(`${key}${value}`));
  memory.set('a', 1);
  memory.set('a', 2);
  memory.set('b', 1);
  memory.set('c', 1);
  memory.delete('b');
  memory.delete('b');
  memory.clear();
  expect(gone).toEqual(['a1', 'a2', 'b1', 'c1']);
  expect(memory.weight).toBe(0);
});

test('goes on so, whoever goes and comes in between', () => {
  const memory = new Memory<string, number>(3);
  for (const key of ['a', 'b', 'c']) memory.set(key, 1);
  memory.delete('b');
  memory.get('a');
  for (const key of ['d', 'e']) memory.set(key, 1);
  expect(['a', 'c', 'd', 'e'].map((key) => memory.has(key))).toEqual([true, false, true, true]);
  memory.delete('e');
  memory.delete('d');
  memory.delete('a');
  for (const key of ['f', 'g', 'h', 'i']) memory.set(key, 1);
  expect(['f', 'g', 'h', 'i'].map((key) => memory.has(key))).toEqual([false, true, true, true]);
  memory.clear();
  for (const key of ['j', 'k', 'l', 'm']) memory.set(key, 1);
  expect([memory.has('j'), memory.size, memory.weight]).toEqual([false, 3, 3]);
});

test('who follows a key has what is there now: nothing, a value, another, nothing again; and is not forgotten first', () => {
  const memory = new Memory<string, number>(2);
  const followed = memory.follow('a');
  expect(followed()).toBeUndefined();
  memory.set('a', 1);
  expect([followed(), followed()]).toEqual([1, 1]);
  memory.set('a', 2);
  expect(followed()).toBe(2);
  memory.set('b', 1);
  memory.set('c', 1);
  expect([followed(), memory.has('b')]).toEqual([2, false]);
  memory.delete('a');
  expect(followed()).toBeUndefined();
  memory.set('a', 3);
  memory.clear();
  expect(followed()).toBeUndefined();
});

test('what is replaced stays where it was: as old, for those who follow it, and without a word', () => {
  const gone: number[] = [];
  const memory = new Memory<string, number>(2, (_, value) => gone.push(value));
  memory.set('a', 1);
  memory.set('b', 1);
  const followed = memory.follow('b');
  memory.replace('a', (value) => value + 1);
  memory.replace('b', (value) => value + 2);
  memory.replace('c', () => 9);
  expect([memory.get('a'), followed(), memory.get('c'), memory.weight, gone]).toEqual([
    2,
    3,
    undefined,
    2,
    [],
  ]);
  memory.replace('a', () => 4);
  memory.delete('a');
  expect(gone).toEqual([4]);
});

test('what is replaced and not asked for goes first', () => {
  const memory = new Memory<string, number>(2);
  memory.set('a', 1);
  memory.set('b', 1);
  memory.replace('a', () => 2);
  memory.set('c', 1);
  expect(['a', 'b', 'c'].map((key) => memory.has(key))).toEqual([false, true, true]);
});

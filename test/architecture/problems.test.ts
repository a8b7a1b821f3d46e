import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { OF_KIND, problemOfStatus, PROBLEMS } from '../../src/edges/api/problems/problem-list.js';

/** Source below a folder, without tests. */
function sourceOf(folder: string): string {
  const files = readdirSync(inCheckout(folder), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file))
    .map((file) => readFileSync(path.join(inCheckout(folder), file), 'utf8'))
    .join('\n');
}

/** Codes that `new DomainError(kind, code, …)` says there. */
function thrownIn(source: string): string[] {
  return [...source.matchAll(/new DomainError\(\s*'[a-z-]+',\s*'([a-z-]+)'/g)].map(([, code = '']) => code);
}

/** What the operations of the API call, and what every request goes through. */
const BENEATH = [
  'src/features/links',
  'src/features/discovery',
  'src/features/sessions',
  'src/features/restores',
  'src/platform/limits',
  'src/platform/database',
  'src/platform/http',
];

/** Said by services that the API shares a room with, by operations that it does not have. */
const NOT_HERE = [
  'account-not-active',
  'account-unknown',
  'answer-spent',
  'invitation-spent',
  'link-key-used',
  'restore-grace',
  'server-blocked',
  'too-many-links',
];

/** Said under the general code of its kind: apps could not do anything else about it. */
const UNDER_ITS_KIND = [
  'database-away',
  'database-locked',
  'restore-hold',
  'overloaded',
  'link-key-unreadable',
  'absolute-target',
  'invalid-field',
];

const listed = Object.keys(PROBLEMS);

describe('the list of problems', () => {
  test('has every code that the API itself says', () => {
    const codes = thrownIn(sourceOf('src/edges/api'));
    expect(codes.length).toBeGreaterThan(5);
    expect(codes.filter((code) => !listed.includes(code))).toEqual([]);
  });

  test('has every code that reaches the API from below, or it is known why not', () => {
    const codes = BENEATH.flatMap((folder) => thrownIn(sourceOf(folder)));
    const known = [...listed, ...NOT_HERE, ...UNDER_ITS_KIND];
    expect(codes.length).toBeGreaterThan(10);
    expect([...new Set(codes.filter((code) => !known.includes(code)))]).toEqual([]);
    expect(NOT_HERE.filter((code) => !codes.includes(code))).toEqual([]);
  });

  test('has no code that nobody says', () => {
    const said = new Set<string>([
      ...['src/edges/api', ...BENEATH].flatMap((folder) => thrownIn(sourceOf(folder))),
      ...Object.values(OF_KIND),
      ...[400, 403, 404, 405, 408, 413, 414, 415, 421].map(problemOfStatus),
      // Of a class of its own, in refusals.ts.
      'scope-missing',
    ]);
    expect(listed.filter((code) => !said.has(code))).toEqual([]);
  });
});

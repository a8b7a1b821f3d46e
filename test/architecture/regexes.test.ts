import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inCheckout } from '../../scripts/lib/checkout.mjs';

/** What the check of `npm run check` says of such a file. */
function judged(name: string, lines: readonly string[]): { code: number | null; bad: string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'signpost-regexes-'));
  try {
    writeFileSync(join(folder, name), lines.join('\n'));
    writeFileSync(join(folder, 'a.test.ts'), 'expect(text).toMatch(/^(a+)+$/);');
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [inCheckout('scripts/regexes.mjs'), folder],
      {
        encoding: 'utf8',
      },
    );
    if (!stderr.includes('regular expressions')) throw new Error(stderr);
    return {
      code: status,
      bad: [...stdout.matchAll(/:(\d+) (.*)\n {4}/g)].map(([, n, it]) => `${n}: ${it}`),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('a regular expression that can take long is found, wherever it stands and however it is written (S-102)', () => {
  const { code, bad } = judged('asset.js', [
    'export const exponential = /^(a+)+$/;',
    'export const quadratic = (text) => text.replace(/\\s+$/, "");',
    'export const made = new RegExp("^(a|a)*$", "i");',
    'export const called = RegExp(`^(a|a)*$`);',
    'export const searched = (text) => text.search("x*x*y");',
  ]);
  expect(bad).toEqual([
    '1: /^(a+)+$/',
    '2: /\\s+$/',
    '3: new RegExp("^(a|a)*$", "i")',
    '4: RegExp(`^(a|a)*$`)',
    '5: text.search("x*x*y")',
  ]);
  expect(code).toBe(1);
});

test('one that is only known when it runs is refused', () => {
  const { code, bad } = judged('thing.ts', [
    'export const made = (name: string): RegExp => new RegExp(`^${name}$`);',
    'export const flagged = (flags: string): RegExp => new RegExp("^a$", flags);',
    'const Other = RegExp;',
    'export const searched = (text: string, name: string): number => text.search(`${name}+`);',
  ]);
  expect(bad).toEqual([
    '1: new RegExp(`^${name}$`)',
    '2: new RegExp("^a$", flags)',
    '3: RegExp',
    '4: text.search(`${name}+`)',
  ]);
  expect(code).toBe(1);
});

test('linear ones pass, and so do types and tests', () => {
  const { code, bad } = judged('page.tsx', [
    'const WORD: RegExp = /^[a-z]+(?:-[a-z]+)*$/;',
    'export const Page = (given: unknown) => <p>{given instanceof RegExp ? given.source : WORD.source}</p>;',
    'export const fixed = new RegExp("^a{1,64}$");',
  ]);
  expect({ code, bad }).toEqual({ code: 0, bad: [] });
});

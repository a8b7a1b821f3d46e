import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { problemList } from '../../scripts/lib/problem-list.mjs';
import { environmentExample } from '../../scripts/lib/environment-example.mjs';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { loadConfig } from '../../src/config/index.js';
import { PROBLEMS } from '../../src/edges/api/problems/problem-list.js';
import { sections, settings } from '../../src/config/settings.js';

const example = readFileSync(inCheckout('.env.example'), 'utf8');

test('.env.example is what the settings say: npm run generate', () => {
  expect(example).toBe(environmentExample(sections));
});

test('.env.example names every setting once, and changes nothing as it stands', () => {
  expect(parseEnv(example)).toEqual({});
  const named = [...example.matchAll(/^#([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name);
  expect(named.sort()).toEqual(
    Object.values(settings)
      .map(({ name }) => name)
      .sort(),
  );
});

test('the defaults in .env.example, taken at their word, are the defaults', () => {
  const spoken = parseEnv(example.replace(/^#(?=[A-Z])/gm, ''));
  expect(loadConfig(spoken)).toEqual(loadConfig({}));
});

test('no line of .env.example is longer than a screen is wide', () => {
  expect(example.split('\n').filter((line) => line.length > 100)).toEqual([]);
});

test('docs/problems.md is what the list of problems says: npm run generate', () => {
  expect(readFileSync(inCheckout('docs/problems.md'), 'utf8')).toBe(problemList(PROBLEMS));
});

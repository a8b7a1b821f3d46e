import { expect, test } from '@jest/globals';
import type { ServerInSight } from '../../features/discovery/index.js';
import type { ServerId } from '../../shared/ids.js';
import { searched } from './server-search.js';

const server = (name: string, url: string): ServerInSight => ({
  id: name as ServerId,
  name,
  kind: 'linked',
  silentMs: 0,
  addresses: [{ url, scope: 'remote' }],
});

const SERVERS = [
  server('attic 10', 'https://attic.example:8920'),
  server('Café Noir', 'https://192.0.2.7:8920'),
  server('Attic 9', 'https://nine.example:8920'),
];

const named = (typed: string): string[] => searched(SERVERS, typed).map(({ name }) => name);

test('with nothing typed all come, by name as people count', () => {
  expect(named('')).toEqual(['Attic 9', 'attic 10', 'Café Noir']);
});

test.each([
  ['ATTIC', ['Attic 9', 'attic 10']],
  ['cafe', ['Café Noir']],
  ['192.0.2', ['Café Noir']],
  ['nowhere', []],
])('%j finds %j', (typed, names) => {
  expect(named(typed)).toEqual(names);
});

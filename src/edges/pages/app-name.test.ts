import { expect, test } from '@jest/globals';
import { appLabel, appName } from './app-name.js';

test.each([
  ['Theater/3.0', 'Theater', '3.0'],
  ['Home/Theater/v3.0.1-beta+7', 'Home/Theater', 'v3.0.1-beta+7'],
  ['Theater', 'Theater', ''],
  ['Theater/', 'Theater/', ''],
  ['Theater/new', 'Theater/new', ''],
  ['/3.0', '/3.0', ''],
  ['', '', ''],
])('%j is taken apart', (app, name, version) => {
  expect(appName(app)).toEqual({ name, version });
});

test('in one line, name and version stand beside each other', () => {
  expect([appLabel('Theater/3.0'), appLabel('Theater')]).toEqual(['Theater 3.0', 'Theater']);
});

import { describe, expect, test } from '@jest/globals';
import { leastWork } from '../../../test/support/least-work.js';
import { DomainError } from '../../shared/domain-error.js';
import { serverName, systemId } from './server-fields.js';

function fieldRefused(act: () => string): string | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof DomainError && error.kind === 'invalid') return error.field;
    throw error;
  }
  return undefined;
}

describe('serverName keeps exactly what was sent', () => {
  test.each([
    ['Living Room', 'a name'],
    ['x', 'one character'],
    ['Tom & Jerry 100%+ =ok 🎬', 'what unescaped form bodies stumble over (Q1)'],
    ['👨‍👩‍👧‍👦 family', 'an emoji of several, joined'],
    ['🏴󠁧󠁢󠁷󠁬󠁳󠁿', 'an emoji with tags'],
    ['❤️', 'an emoji with a variation selector'],
    ['Cafe\u0301', 'a decomposed accent, not normalised'],
    ['  Den  ', 'blanks at the ends, not trimmed'],
    ['دفتر', 'a script written from the right'],
    ['می‌خواهم', 'a joiner that the script needs'],
    ['<b>"\'</b>', 'markup: whoever shows it escapes it'],
    ['x'.repeat(64), 'the longest'],
    ['🎬'.repeat(64), 'the longest, counted in code points'],
  ])('%j: %s', (name) => {
    expect(serverName(name)).toBe(name);
  });
});

describe('serverName refuses', () => {
  test.each<readonly [string, string]>([
    ['', 'nothing'],
    ['   ', 'blanks alone'],
    ['\u00a0\u3000', 'other blanks'],
    ['\u200b\u200d\u2060\ufeff', 'zero-width characters alone'],
    ['\u00ad\u3164\u2800', 'other characters without a shape'],
    ['x'.repeat(65), '65 characters'],
    ['🎬'.repeat(65), '65 code points'],
    ['a\nb', 'a line feed'],
    ['a\r\nBcc: x@example.org', 'a mail header'],
    ['a\tb', 'a tab'],
    ['a\0b', 'a NUL'],
    ['a\u007fb', 'DEL'],
    ['a\u0085b', 'a C1 control'],
    ['a\u001b[31m', 'a terminal sequence'],
    ['a\u2028b', 'a line separator'],
    ['a\u2029b', 'a paragraph separator'],
    ['a\ud800b', 'a lone high surrogate'],
    ['a\udc00', 'a lone low surrogate'],
    ...[0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069, 0x200e, 0x200f, 0x061c].map(
      (code) => [`a${String.fromCodePoint(code)}b`, `the bidi control ${code.toString(16)}`] as const,
    ),
  ])('%j: %s', (name) => {
    expect(fieldRefused(() => serverName(name))).toBe('name');
  });
});

describe('systemId', () => {
  test.each([
    'ec061cd8aabbccddeeff00112233445566',
    'A',
    '-',
    '0f8fad5b-d9cb-469f-a165-70867728950e',
    'Z'.repeat(64),
  ])('keeps %j as sent', (id) => {
    expect(systemId(id)).toBe(id);
  });

  test.each(['', 'z'.repeat(65), 'a b', 'a\n', 'a_b', 'ä', '１', 'a/b', 'a.b', "a'--", 'a\0'])(
    'refuses %j',
    (id) => {
      expect(fieldRefused(() => systemId(id))).toBe('systemId');
    },
  );
});

test.each([' ', 'x', '\u200d', '🎬', '\ud800', '\u202e', 'a-'])(
  '16 KiB of %j take less than 50 ms (S-102)',
  async (unit) => {
    const text = unit.repeat(16_384 / unit.length);
    const both = (): void => {
      expect(fieldRefused(() => serverName(text))).toBe('name');
      expect(fieldRefused(() => systemId(text))).toBe('systemId');
    };
    expect(await leastWork(both)).toBeLessThan(50);
  },
);

import { describe, expect, test } from '@jest/globals';
import { fingerprintOf } from '../../shared/fingerprint.js';
import { quotedHost, quotedName } from './quoted.js';

/** What mail programs make links of: schemes, `www.`, host names, addresses. */
const LINKABLE = /:\/\/|\w\.\w|\w@\w|\b\w+:\w/;
const INVISIBLE = /\p{C}/u;

describe('a quoted name', () => {
  test('that is harmless stays as it is', () => {
    expect(quotedName("Anna's Kino 2 – im Wohnzimmer")).toBe("“Anna's Kino 2 – im Wohnzimmer”");
  });

  test.each([
    ['a URL', 'http://evil.example/win?x=1'],
    ['a host', 'www.evil.example'],
    ['a URL in full-width letters', 'ｈｔｔｐ：／／ｅｖｉｌ．ｅｘａｍｐｌｅ'],
    ['a host with an ideographic dot', 'evil。example'],
    ['a mail address', 'win@evil.example'],
    ['a mail link', 'mailto:win@evil.example'],
    ['a URL split by a zero-width space', 'http:\u200b//evil\u200b.example'],
    ['a URL split by a soft hyphen', 'ev\u00adil.exam\u00adple'],
    ['a network path', '\\\\evil.example\\share'],
  ])('that is %s is no link any more (S-93)', (_what, name) => {
    expect(quotedName(name)).not.toMatch(LINKABLE);
    expect(quotedName(name)).not.toMatch(INVISIBLE);
    expect(quotedName(name)).not.toContain('\\\\');
  });

  test.each([
    ['line breaks', 'Den\r\nBcc: x', '“Den Bcc: x”'],
    ['other line separators', 'a\u2028b\u2029c\u0085d', '“a b cd”'],
    ['bidirectional marks', '\u202eevil\u202c\u2066x\u2069', '“evilx”'],
    ['zero-width characters', 'a\u200b\u200c\u200d\u2060\ufeffb', '“ab”'],
    ['the nul and the bell', 'a\0b\u0007c', '“abc”'],
    ['lone surrogates', 'a\ud800b', '“ab”'],
    ['runs of blanks', '  a \t  b ', '“a b”'],
  ])('loses %s', (_what, name, expected) => {
    expect(quotedName(name)).toBe(expected);
  });

  test('cannot end its own quotation', () => {
    expect(quotedName('x” wrote: “y"')).toBe("“x' wrote: 'y'”");
  });

  test('has at most 64 code points', () => {
    expect(quotedName('🎬'.repeat(64))).toBe(`“${'🎬'.repeat(64)}”`);
    expect(quotedName('🎬'.repeat(65))).toBe(`“${'🎬'.repeat(63)}…”`);
    // One character that the normalisation makes eighteen of.
    expect(Array.from(quotedName('\ufdfa'.repeat(64)))).toHaveLength(66);
  });

  test('of nothing is empty quotes', () => {
    expect(quotedName('\u200b')).toBe('“”');
  });
});

describe('a quoted host', () => {
  test('that is too long keeps its end, which tells who answers', () => {
    const host = quotedHost(`login.bank.example.${'a'.repeat(80)}.evil.test`);
    expect(host.endsWith('evil․test”')).toBe(true);
    expect(host.startsWith('“…')).toBe(true);
    expect(Array.from(host)).toHaveLength(66);
  });
});

describe('a fingerprint', () => {
  test('is the first eight letters and digits of the system id', () => {
    expect(fingerprintOf('0123-4567-89ab')).toBe('01234567');
    expect(fingerprintOf('<b>\u202eéx.y</b>')).toBe('bxyb');
  });
});

import { describe, expect, test } from '@jest/globals';
import { leastWork } from '../../../../test/support/least-work.js';
import { DomainError } from '../../../shared/domain-error.js';
import { readJsonBody } from './json-body.js';

const JSON_TYPE = 'application/json';

function read(
  text: string | Buffer,
  contentType: string | undefined = JSON_TYPE,
  contentEncoding?: string,
): object {
  return readJsonBody({ contentType, contentEncoding, body: Buffer.from(text) });
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
  return 'no refusal';
}

describe('a JSON body', () => {
  test('is an object without prototype, at every level', () => {
    const body = read('{"a":{"b":[{"c":1}]},"d":"}{\\"","e":null}') as Record<string, Record<string, object>>;
    expect(JSON.stringify(body)).toBe('{"a":{"b":[{"c":1}]},"d":"}{\\"","e":null}');
    expect([Object.getPrototypeOf(body), Object.getPrototypeOf(body['a'])]).toEqual([null, null]);
  });

  test('may be absent, with or without its type', () => {
    expect(
      Object.keys(readJsonBody({ contentType: undefined, contentEncoding: undefined, body: undefined })),
    ).toEqual([]);
    expect(Object.keys(read(''))).toEqual([]);
  });

  test.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
  ])('may be called %j', (type) => expect(Object.keys(read('{}', type))).toEqual([]));

  test.each([
    ['{}', undefined],
    ['{}', ''],
    ['{}', 'text/json'],
    ['{}', 'application/jsonp'],
    ['{}', 'application/problem+json'],
    ['{}', 'application/json; charset=utf-16'],
    ['{}', 'application/json; boundary=x'],
    ['{}', 'application/json, text/plain'],
    ['a=b', 'application/x-www-form-urlencoded'],
    ['', 'multipart/form-data; boundary=x'],
  ])('%j is refused as %j (S-101)', (text, type) => {
    expect(
      codeOf(() => readJsonBody({ contentType: type, contentEncoding: undefined, body: Buffer.from(text) })),
    ).toBe('unsupported-media-type');
  });

  test.each(['gzip', 'br', 'identity, gzip'])('is refused when it is compressed by %s', (encoding) => {
    expect(codeOf(() => read('{}', JSON_TYPE, encoding))).toBe('unsupported-media-type');
  });

  test.each([
    'null',
    '[]',
    '"a"',
    '1',
    '{',
    '{"a"}',
    '{"a":1,}',
    "{'a':1}",
    '{"a":1}{"b":2}',
    '{"__proto__":{"x":1}}',
    '{"a":{"__proto__":1}}',
    '{"\\u005f_proto__":1}',
    '{"constructor":{"prototype":{}}}',
    '{"prototype":1}',
    '{"a":1,"a":2}',
    '{"a":1,"\\u0061":2}',
    '{"a":{"b":1,"b":1}}',
    `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`,
    '['.repeat(16_000),
  ])('is refused (%#) with nothing of it said back', (text) => {
    expect(codeOf(() => read(text))).toBe('invalid-body');
  });

  test('is refused when it is not UTF-8', () => {
    expect(codeOf(() => read(Buffer.from([0x7b, 0xff, 0x7d])))).toBe('invalid-body');
  });

  test('may be 16 levels deep', () => {
    expect(Object.keys(read(`${'{"a":'.repeat(16)}1${'}'.repeat(16)}`))).toEqual(['a']);
  });

  test('of the worst kind is read in no time (S-102)', async () => {
    for (const worst of [`{"a":"${'\\'.repeat(16_000)}`, '"'.repeat(16_000), `{"${'a'.repeat(16_000)}`]) {
      expect(await leastWork(() => expect(codeOf(() => read(worst))).toBe('invalid-body'))).toBeLessThan(50);
    }
  });
});

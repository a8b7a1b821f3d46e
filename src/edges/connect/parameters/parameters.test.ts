import { beforeAll, describe, expect, it, test } from '@jest/globals';
import { leastWork } from '../../../../test/support/least-work.js';
import { DomainError } from '../../../shared/domain-error.js';
import { Parameters } from './parameters.js';
import type { RawRequest } from './parameters.js';

interface Parts extends Partial<Omit<RawRequest, 'body'>> {
  readonly body?: string | Buffer;
}

const NAMES = ['deviceId', 'pin', 'userId', 'url', 'email'];
const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';
const MULTIPART = 'multipart/form-data; boundary=SePaRaToR';
const LIMIT = 16 * 1024;

function read({ body, ...rest }: Parts): Promise<Parameters> {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const request = { query: '', contentType: undefined, contentEncoding: undefined, ...rest, body: bytes };
  return Parameters.read(request, NAMES);
}

async function refusal(parts: Parts): Promise<DomainError> {
  const thrown: unknown = await read(parts).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof DomainError)) throw new Error('was not refused', { cause: thrown });
  return thrown;
}

function part(headers: string, value: string): string {
  return `--SePaRaToR\r\n${headers}\r\n\r\n${value}\r\n`;
}

const field = (name: string, value: string): string =>
  part(`Content-Disposition: form-data; name="${name}"`, value);
const END = '--SePaRaToR--\r\n';

describe('every encoding says the same (1.1)', () => {
  const multipart = field('deviceId', 'TV & Co+%41') + field('pin', '12345') + END;
  test.each<[string, Parts]>([
    ['the query string alone', { query: 'deviceId=TV%20%26%20Co%2B%2541&pin=12345' }],
    ['an escaped form', { contentType: FORM, body: 'deviceId=TV+%26+Co%2B%2541&pin=12345' }],
    ['an unescaped form', { contentType: FORM, body: 'deviceId=TV & Co+%41&pin=12345' }],
    [
      'a form labelled with a charset',
      { contentType: `${FORM}; charset=UTF-8`, body: 'deviceId=TV & Co+%41&pin=12345' },
    ],
    [
      'a form labelled in capitals',
      { contentType: FORM.toUpperCase(), body: 'deviceId=TV & Co+%41&pin=12345' },
    ],
    ['a form without content type', { body: 'deviceId=TV & Co+%41&pin=12345' }],
    ['a form called plain text', { contentType: 'text/plain', body: 'deviceId=TV & Co+%41&pin=12345' }],
    ['JSON', { contentType: JSON_TYPE, body: '{"deviceId":"TV & Co+%41","pin":"12345"}' }],
    [
      'JSON with a charset',
      { contentType: `${JSON_TYPE};charset=utf-8`, body: '{"deviceId":"TV & Co+%41","pin":12345}' },
    ],
    [
      'JSON after a byte order mark',
      { contentType: JSON_TYPE, body: '\ufeff{"deviceId":"TV & Co+%41","pin":12345}' },
    ],
    ['JSON without content type', { body: ' \n{"deviceId":"TV & Co+%41","pin":12345}' }],
    ['JSON called text/json', { contentType: 'text/json', body: '{"deviceId":"TV & Co+%41","pin":12345}' }],
    ['multipart', { contentType: MULTIPART, body: multipart }],
    ['query and body together', { query: 'pin=12345', contentType: FORM, body: 'deviceId=TV & Co+%41' }],
  ])('%s', async (_what, parts) => {
    const parameters = await read(parts);
    expect(parameters.required('deviceId')).toBe('TV & Co+%41');
    expect(parameters.required('pin')).toBe('12345');
    expect(parameters.has('userId')).toBe(false);
  });
});

describe('a parameter', () => {
  it('that is absent is undefined to optional and missing to required', async () => {
    const parameters = await read({});
    expect(parameters.optional('pin')).toBeUndefined();
    expect(parameters.has('pin')).toBe(false);
    expect(() => parameters.required('pin')).toThrow(
      expect.objectContaining({
        kind: 'invalid',
        code: 'invalid-field',
        field: 'pin',
        message: 'pin: is missing',
      }),
    );
  });

  it('that is empty is there, but neither optional nor required take it for a value', async () => {
    const parameters = await read({ query: 'pin=' });
    expect(parameters.has('pin')).toBe(true);
    expect(parameters.optional('pin')).toBeUndefined();
    expect(() => parameters.required('pin')).toThrow('pin: is missing');
  });

  it('that the endpoint did not name cannot be asked for', async () => {
    const parameters = await read({ query: 'other=1' });
    expect(() => parameters.optional('other')).toThrow('did not name it');
    expect(() => parameters.has('toString')).toThrow('did not name it');
  });

  it('is found in any case', async () => {
    const parameters = await read({
      query: 'DEVICEID=a',
      contentType: JSON_TYPE,
      body: '{"userid":"b","PIN":1}',
    });
    expect(parameters.required('deviceId')).toBe('a');
    expect(parameters.required('userId')).toBe('b');
    expect(parameters.required('pin')).toBe('1');
  });
});

describe('a parameter given twice (S-100, Q9)', () => {
  test.each<[string, Parts]>([
    ['in query and form', { query: 'deviceId=a%20b', contentType: FORM, body: 'deviceId=a+b' }],
    ['in query and JSON', { query: 'deviceId=a+b', contentType: JSON_TYPE, body: '{"deviceId":"a b"}' }],
    ['in the query', { query: 'deviceId=a+b&deviceid=a%20b' }],
    ['in an unescaped form', { contentType: FORM, body: 'deviceId=a b&DEVICEID=a b' }],
    ['in JSON', { contentType: JSON_TYPE, body: '{"deviceId":"a b","deviceId":"a\\u0020b"}' }],
  ])('with one value is fine: %s', async (_where, parts) => {
    expect((await read(parts)).required('deviceId')).toBe('a b');
  });

  test.each<[string, Parts]>([
    ['in query and form', { query: 'pin=1', contentType: FORM, body: 'pin=2' }],
    ['in query and JSON', { query: 'pin=1', contentType: JSON_TYPE, body: '{"pin":2}' }],
    ['in the query', { query: 'pin=1&pin=2' }],
    ['once empty', { query: 'pin=&pin=2' }],
    ['in an escaped form', { contentType: FORM, body: 'pin=1&PIN=2' }],
    ['in an unescaped form', { contentType: FORM, body: 'pin=1&deviceId=a b&pin=2' }],
    ['in JSON', { contentType: JSON_TYPE, body: '{"pin":"1","pin":"2"}' }],
    ['in JSON, spelled differently', { contentType: JSON_TYPE, body: '{"pin":"1","Pin":"2"}' }],
    ['in JSON, the second escaped', { contentType: JSON_TYPE, body: '{"pin":"1","p\\u0069n":"2"}' }],
    ['in multipart', { contentType: MULTIPART, body: field('pin', '1') + field('pin', '2') + END }],
  ])('with two values is refused: %s', async (_where, parts) => {
    expect(await refusal(parts)).toMatchObject({
      kind: 'invalid',
      code: 'invalid-field',
      field: 'pin',
      message: 'pin: is given twice with different values',
    });
  });
});

describe('a body', () => {
  test.each([undefined, FORM, JSON_TYPE, MULTIPART, 'multipart/form-data', 'image/png', 'nonsense'])(
    'that is absent, empty or blank is fine with the content type %s',
    async (contentType) => {
      for (const body of ['', '\r\n', undefined]) {
        const parts = body === undefined ? {} : { body };
        const parameters = await read({ query: 'pin=1', contentType, ...parts });
        expect(parameters.required('pin')).toBe('1');
      }
    },
  );

  test.each<[string, Parts]>([
    ['of an unknown type', { contentType: 'application/xml', body: '<pin>1</pin>' }],
    ['without type or shape', { body: 'hello' }],
    ['that begins with no parameter of the endpoint', { contentType: 'text/plain', body: 'foo=1&pin=2' }],
    ['that is a bare JSON array without type', { body: '["pin"]' }],
    ['with gzip', { contentType: FORM, contentEncoding: 'gzip', body: 'pin=1' }],
    ['with two codings', { contentType: FORM, contentEncoding: 'identity, br', body: 'pin=1' }],
    [
      'with a file',
      {
        contentType: MULTIPART,
        body:
          field('pin', '1') + part('Content-Disposition: form-data; name="x"; filename="a.txt"', 'x') + END,
      },
    ],
    [
      'with a file of no name',
      {
        contentType: MULTIPART,
        body: part('Content-Disposition: form-data; name="pin"; filename=""', 'x') + END,
      },
    ],
  ])('is of an unsupported kind: %s', async (_what, parts) => {
    expect(await refusal(parts)).toMatchObject({ kind: 'invalid', code: 'unsupported-media-type' });
  });

  test.each(['identity', ' Identity ', ''])(
    'may say that it is not compressed: %j',
    async (contentEncoding) => {
      expect((await read({ contentType: FORM, contentEncoding, body: 'pin=1' })).required('pin')).toBe('1');
    },
  );

  test.each([FORM, JSON_TYPE, MULTIPART, undefined])('of type %s must be UTF-8', async (contentType) => {
    const body = Buffer.concat([Buffer.from('pin=caf'), Buffer.from([0xe9]), Buffer.from('&userId=1')]);
    expect(await refusal({ contentType, body })).toMatchObject({ kind: 'invalid', code: 'invalid-body' });
  });

  test.each<[string, Parts]>([
    ['without boundary', { contentType: 'multipart/form-data', body: field('pin', '1') + END }],
    ['cut off', { contentType: MULTIPART, body: field('pin', '1') }],
    [
      'with an impossible content type',
      { contentType: 'multipart/form-data; boundary=a\nb', body: field('pin', '1') },
    ],
  ])('that is broken multipart is refused: %s', async (_what, parts) => {
    expect(await refusal(parts)).toMatchObject({ kind: 'invalid', code: 'invalid-body' });
  });

  // Node 20 calls it broken, Node 24 reads it as a file: neither gets in.
  test('with a part that has an extended file name is refused', async () => {
    const body = part(`Content-Disposition: form-data; name="x"; filename*=utf-8''x`, 'x') + END;
    expect(await refusal({ contentType: MULTIPART, body })).toMatchObject({ kind: 'invalid' });
  });
});

describe('a JSON body', () => {
  const readBody = (body: string): Promise<Parameters> => read({ contentType: JSON_TYPE, body });

  test.each([
    ['text', '"1a"', '1a'],
    ['a number', '12345', '12345'],
    ['a number too large for a double', '12345678901234567890', '12345678901234567890'],
    ['a negative fraction', ' -1.50 ', '-1.50'],
    ['true', 'true', 'true'],
    ['false', 'false', 'false'],
    ['text with every mark of JSON in it', JSON.stringify('a"b\\,:{}[]"\\'), 'a"b\\,:{}[]"\\'],
    ['a pair of surrogates', '"\\ud83c\\udfac"', '🎬'],
  ])('gives %s as text', async (_what, json, expected) => {
    const parameters = await readBody(`{"x":[{"pin":"0"},","],"pin":${json},"deviceId":"last"}`);
    expect(parameters.required('pin')).toBe(expected);
    expect(parameters.required('deviceId')).toBe('last');
  });

  it('counts null as absent', async () => {
    const parameters = await read({
      query: 'pin=1',
      contentType: JSON_TYPE,
      body: '{"pin":null,"userId":null}',
    });
    expect(parameters.required('pin')).toBe('1');
    expect(parameters.has('userId')).toBe(false);
  });

  it('may be an empty object', async () => {
    expect((await readBody(' { } ')).has('pin')).toBe(false);
  });

  test.each(['{}', '[]', '{"a":1}', '["12345"]'])('is refused if a known name holds %s', async (json) => {
    expect(await refusal({ contentType: JSON_TYPE, body: `{"pin":${json}}` })).toMatchObject({
      code: 'invalid-field',
      field: 'pin',
      message: 'pin: must be text, not an object or an array',
    });
  });

  test.each(['null', '1', '"pin=1"', '[]', '[{"pin":1}]'])('is refused if it is %s', async (body) => {
    expect(await refusal({ contentType: JSON_TYPE, body })).toMatchObject({
      code: 'invalid-body',
      message: 'the JSON body must be an object',
    });
  });

  test.each([
    '{',
    '{"pin":}',
    '{"pin":1,}',
    "{'pin':1}",
    'pin=1',
    '{"pin":1}x',
    '{"pin":"\n"}',
    '{"pin":01}',
  ])('is refused if it is broken: %j', async (body) => {
    expect(await refusal({ contentType: JSON_TYPE, body })).toMatchObject({
      code: 'invalid-body',
      message: 'the body is not valid JSON',
    });
  });

  it('is read to sixteen levels and no deeper (S-100)', async () => {
    const nested = (levels: number): string =>
      `{"pin":1,"x":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
    expect((await readBody(nested(16))).required('pin')).toBe('1');
    expect((await refusal({ contentType: JSON_TYPE, body: nested(17) })).message).toContain('too deeply');
  });
});

describe('names that objects inherit', () => {
  const HOSTILE = ['__proto__', 'constructor', 'prototype'];

  test.each<[string, Parts]>([
    ['the query', { query: HOSTILE.map((name) => `${name}=x&${name}[pin]=x`).join('&') }],
    ['a form', { contentType: FORM, body: `pin=1&${HOSTILE.map((name) => `${name}=x`).join('&')}` }],
    [
      'JSON',
      { contentType: JSON_TYPE, body: '{"__proto__":{"pin":"9"},"constructor":{"prototype":{"pin":"9"}}}' },
    ],
    ['multipart', { contentType: MULTIPART, body: HOSTILE.map((name) => field(name, 'x')).join('') + END }],
  ])('do nothing in %s', async (_where, parts) => {
    const parameters = await read({ query: 'userId=1', ...parts });
    expect(parameters.has('deviceId')).toBe(false);
    expect(({} as Record<string, unknown>)['pin']).toBeUndefined();
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});

describe('a refusal never repeats a value (S-53)', () => {
  const SECRET = 'hunter2';
  test.each<[string, Parts]>([
    ['two values', { query: `pin=${SECRET}&pin=2` }],
    ['broken JSON', { contentType: JSON_TYPE, body: `{"pin":"${SECRET}` }],
    ['JSON that is only text', { contentType: JSON_TYPE, body: `"${SECRET}"` }],
    ['a nested value', { contentType: JSON_TYPE, body: `{"pin":{"${SECRET}":"${SECRET}"}}` }],
    ['an unknown type', { contentType: 'text/plain', body: SECRET }],
    ['broken multipart', { contentType: MULTIPART, body: field('pin', SECRET) }],
    ['bytes that are not UTF-8', { contentType: FORM, body: Buffer.from([...Buffer.from(SECRET), 0xff]) }],
  ])('%s', async (_what, parts) => {
    const error = await refusal(parts);
    expect(`${error.message} ${error.stack ?? ''} ${String(error.cause)}`).not.toContain(SECRET);
  });
});

describe('sixteen KiB of hostile input are read within 50 ms (S-102)', () => {
  const fill = (unit: string, head = ''): string =>
    head + unit.repeat(Math.floor((LIMIT - head.length) / unit.length));
  const FORMS = [
    '&',
    '=',
    '%',
    '%4',
    '%41',
    '%E9',
    '+',
    '@',
    '://',
    '&pin=',
    '&pin',
    '&pi',
    'pin=1&',
    '🎬',
    '\0',
    '&url=@',
  ];
  const HOSTILE: [string, Parts][] = [
    ...FORMS.map((unit): [string, Parts] => [
      `form of ${JSON.stringify(unit)}`,
      { contentType: FORM, body: fill(unit, 'pin=') },
    ]),
    ...FORMS.map((unit): [string, Parts] => [
      `raw form of ${JSON.stringify(unit)}`,
      { body: fill(unit, 'url=http://') },
    ]),
    ...FORMS.map((unit): [string, Parts] => [
      `query of ${JSON.stringify(unit)}`,
      { query: fill(unit, 'pin=') },
    ]),
    ['JSON of open brackets', { contentType: JSON_TYPE, body: fill('[') }],
    ['JSON of open members', { contentType: JSON_TYPE, body: fill('{"a":') }],
    [
      'JSON nested and closed',
      { contentType: JSON_TYPE, body: `{"x":${'['.repeat(8000)}${']'.repeat(8000)}}` },
    ],
    ['JSON of escaped quotes', { contentType: JSON_TYPE, body: `${fill('\\"', '{"pin":"')}"}` }],
    ['JSON of open quotes', { contentType: JSON_TYPE, body: fill('"', '{') }],
    ['JSON of one name', { contentType: JSON_TYPE, body: `${fill('"pin":1,', '{')}"pin":1}` }],
    ['JSON of blanks', { contentType: JSON_TYPE, body: `${fill(' ', '{')}}` }],
    ['blanks', { contentType: JSON_TYPE, body: fill(' ') }],
    ['multipart of dashes', { contentType: MULTIPART, body: fill('-') }],
    ['multipart of boundaries', { contentType: MULTIPART, body: fill('--SePaRaToR\r\n') }],
    [
      'multipart of half boundaries',
      { contentType: MULTIPART, body: fill('\r\n--SePaRaTo', field('pin', '1')) },
    ],
    ['multipart of fields', { contentType: MULTIPART, body: fill(field('pin', '1')) + END }],
    ['multipart of headers', { contentType: MULTIPART, body: fill('a:\r\n', '--SePaRaToR\r\n') }],
    ['a content type of semicolons', { contentType: fill(';', 'multipart/form-data'), body: 'x' }],
  ];

  // The platform loads its multipart reader at the first use, and the compiler warms up: neither is the input's doing.
  beforeAll(async () => {
    for (const [, parts] of HOSTILE) await read(parts).catch(() => undefined);
  });

  test.each(HOSTILE)('%s', async (_what, parts) => {
    const reading = (): Promise<unknown> =>
      read(parts).catch((error: unknown) => expect(error).toBeInstanceOf(DomainError));
    expect(await leastWork(reading)).toBeLessThan(50);
  });
});

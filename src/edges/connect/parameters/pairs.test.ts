import { describe, expect, it, test } from '@jest/globals';
import { KnownNames } from './known-names.js';
import { looksLikeForm, readForm, readQuery } from './pairs.js';

type Fields = Readonly<Record<string, string>>;

const REGISTRATION = new KnownNames(['id', 'name', 'url', 'systemId', 'localAddress']);
const SIGN_IN = new KnownNames(['nameOrEmail', 'userName', 'rawpw']);
const SIGN_UP = new KnownNames(['email', 'userName', 'rawpw', 'password']);
const LINK = new KnownNames(['serverId', 'userId', 'userType', 'accessToken', 'requesterUserName']);
const PIN = new KnownNames(['deviceId', 'pin']);

function form(body: string, known: KnownNames): Fields {
  return Object.fromEntries(readForm(body, known).map(({ name, value }) => [name, value]));
}

function query(text: string, known: KnownNames): Fields {
  return Object.fromEntries(readQuery(text, known).map(({ name, value }) => [name, value]));
}

/** What the media server does (Q1): keys and values joined, nothing escaped. */
function joinRaw(fields: Fields): string {
  return Object.entries(fields)
    .map(([key, value]) => `${key}=${value}`)
    .join('&');
}

function joinComponents(fields: Fields): string {
  return Object.entries(fields)
    .map(([key, value]) => `${encodeURIComponent(key)}=${encodeURIComponent(value)}`)
    .join('&');
}

const AWKWARD = [
  'Living Room',
  'Tom & Jerry 100%+ =ok 🎬',
  'Tom&Jerry',
  'a&b=c',
  'a=b',
  '=',
  '&',
  '&&',
  'a&',
  '&a',
  '1+1',
  '+',
  '%',
  '100%',
  '%41',
  '%ZZ',
  '%E2%82',
  '%C3%A9',
  'a%26b',
  'ÄÖÜ ß',
  '日本語',
  '👨‍👩‍👧',
  'me@home',
  'http://x',
  'x&format=json',
  'x& url=y',
  'x&urls=y',
  'x&url',
  '?#/;:,',
  '"<>\\^`{|}',
  "O'Brien's",
  ' leading and trailing ',
  'tab\there',
  'null\0byte',
  '__proto__',
  'a&__proto__=b',
];

describe('a server registration as the media server sends it (E2, Q1)', () => {
  const registration = (name: string): Fields => ({
    name,
    url: 'http://1.2.3.4:8096',
    systemId: 'ec061cd8ec061cd8ec061cd8ec061cd8',
    localAddress: 'http://192.0.2.10:8096',
  });

  test.each(AWKWARD)('the name %j survives unescaped', (name) => {
    expect(form(joinRaw(registration(name)), REGISTRATION)).toEqual(registration(name));
  });

  test.each(AWKWARD)('the name %j survives encodeURIComponent', (name) => {
    expect(form(joinComponents(registration(name)), REGISTRATION)).toEqual(registration(name));
  });

  test.each(AWKWARD)('the name %j survives URLSearchParams', (name) => {
    expect(form(new URLSearchParams(registration(name)).toString(), REGISTRATION)).toEqual(
      registration(name),
    );
  });

  test.each(AWKWARD)('the name %j survives in a query string', (name) => {
    expect(query(joinComponents(registration(name)), REGISTRATION)).toEqual(registration(name));
    expect(query(new URLSearchParams(registration(name)).toString(), REGISTRATION)).toEqual(
      registration(name),
    );
  });

  it('survives for every pair of awkward names put together', () => {
    for (const first of AWKWARD) {
      for (const second of AWKWARD) {
        const fields = registration(`${first}-${second}`);
        expect(form(joinRaw(fields), REGISTRATION)).toEqual(fields);
        expect(form(joinComponents(fields), REGISTRATION)).toEqual(fields);
        expect(form(new URLSearchParams(fields).toString(), REGISTRATION)).toEqual(fields);
      }
    }
  });

  it('keeps an IPv6 address in brackets and an address with a query of its own', () => {
    const fields = { name: 'A', url: 'https://[2001:db8::1]:8920/?a=b&c=d', systemId: 'ab' };
    expect(form(joinRaw(fields), REGISTRATION)).toEqual(fields);
  });

  it('cuts a name that contains another parameter of the endpoint, so that the conflict can be seen', () => {
    const pairs = readForm('name=a&url=b&url=http://x', REGISTRATION);
    expect(pairs.map(({ name, value }) => [name, value])).toEqual([
      ['name', 'a'],
      ['url', 'b'],
      ['url', 'http://x'],
    ]);
  });
});

describe('an invitation of a new person (E10, Q1)', () => {
  const INVITATION = new KnownNames(['email', 'requesterUserName']);

  test.each(['a+b@x.org', 'a%41@x.org', 'a&b@x.org', '"a b"@x.org', 'a=b@x.org', 'jörg@x.org'])(
    'the e-mail %s survives unescaped and escaped',
    (email) => {
      const fields = { email, requesterUserName: 'alice' };
      expect(form(joinRaw(fields), INVITATION)).toEqual(fields);
      expect(form(joinComponents(fields), INVITATION)).toEqual(fields);
      expect(form(new URLSearchParams(fields).toString(), INVITATION)).toEqual(fields);
    },
  );
});

describe('a link as the media server sends it (E11), with neither :// nor @', () => {
  test.each(['alice', "O'Brien", 'a_b-c.d', 'Ångström'])('the requester %s survives', (requesterUserName) => {
    const fields = {
      serverId: '93555d4293555d4293555d4293555d42',
      userId: '1717410',
      userType: 'Guest',
      accessToken: '0ac5e2c30ac5e2c30ac5e2c30ac5e2c3',
      requesterUserName,
    };
    expect(form(joinRaw(fields), LINK)).toEqual(fields);
    expect(form(joinComponents(fields), LINK)).toEqual(fields);
  });
});

describe('a form body counts as unescaped', () => {
  test.each([
    ['a literal ://', 'name=a+b%41&url=http://x', REGISTRATION, { name: 'a+b%41', url: 'http://x' }],
    ['a literal @', 'nameOrEmail=a@x.org&rawpw=a+b%41', SIGN_IN, { nameOrEmail: 'a@x.org', rawpw: 'a+b%41' }],
    ['a literal blank', 'deviceId=my TV+%41', PIN, { deviceId: 'my TV+%41' }],
    ['a literal non-ASCII character', 'deviceId=Küche+%41', PIN, { deviceId: 'Küche+%41' }],
    ['a mark that every encoder escapes', 'rawpw=<a+b>', SIGN_IN, { rawpw: '<a+b>' }],
    ['a percent sign before no digits', 'rawpw=100%+sure', SIGN_IN, { rawpw: '100%+sure' }],
    ['a percent sign at the end', 'rawpw=1+1%', SIGN_IN, { rawpw: '1+1%' }],
    ['escapes that are not UTF-8', 'rawpw=50%ab+c', SIGN_IN, { rawpw: '50%ab+c' }],
    ['half a UTF-8 character', 'rawpw=a%C3+b', SIGN_IN, { rawpw: 'a%C3+b' }],
    ['a piece without =', 'nameOrEmail=al&rawpw=a+b&c', SIGN_IN, { nameOrEmail: 'al', rawpw: 'a+b&c' }],
    ['a mark in an unknown parameter', 'x=a@b&rawpw=c+d', SIGN_IN, { rawpw: 'c+d' }],
  ])('if it has %s', (_why, body, known, expected) => {
    expect(form(body, known)).toEqual(expected);
  });

  it('but an ampersand at the end, or two in a row, prove nothing', () => {
    expect(form('&deviceId=a+b&&pin=1&', PIN)).toEqual({ deviceId: 'a b', pin: '1' });
  });

  it('but a known name without = proves nothing, and counts as given and empty', () => {
    expect(form('deviceId=a+b&pin', PIN)).toEqual({ deviceId: 'a b', pin: '' });
  });
});

describe('an escaped form body', () => {
  test.each([
    ['turns a plus into a blank', 'rawpw=a+b', { rawpw: 'a b' }],
    ['decodes an escaped plus', 'rawpw=a%2Bb', { rawpw: 'a+b' }],
    ['decodes only once', 'rawpw=%2541', { rawpw: '%41' }],
    ['decodes lower-case digits', 'rawpw=%c3%a9', { rawpw: 'é' }],
    ['keeps a second =', 'rawpw=a=b==', { rawpw: 'a=b==' }],
    ['keeps an escaped ://', 'rawpw=a%3A%2F%2Fb+c', { rawpw: 'a://b c' }],
    ['keeps an escaped @', 'nameOrEmail=a%2Bb%40x.org&rawpw=c+d', { nameOrEmail: 'a+b@x.org', rawpw: 'c d' }],
    ['drops an unknown parameter behind', 'rawpw=x&format=json', { rawpw: 'x' }],
    ['drops an unknown parameter between', 'nameOrEmail=a&foo=bar&rawpw=x', { nameOrEmail: 'a', rawpw: 'x' }],
    ['drops an unknown parameter in front', 'format=json&rawpw=x', { rawpw: 'x' }],
    ['drops a nameless parameter', '=a&rawpw=x', { rawpw: 'x' }],
    ['drops bracketed names', 'rawpw[]=a&rawpw%5Ba%5D=b', {}],
    ['finds an escaped name', '%72awpw=x', { rawpw: 'x' }],
    ['finds a name in any case', 'RAWPW=x&nameoremail=a', { rawpw: 'x', nameOrEmail: 'a' }],
    ['keeps NUL and control characters', 'rawpw=a%00b%0A', { rawpw: 'a\0b\n' }],
  ])('%s', (_what, body, expected) => {
    expect(form(body, SIGN_IN)).toEqual(expected);
  });
});

describe('an unescaped form body', () => {
  it('drops what stands before the first known name', () => {
    expect(form('format=json&x&name=Tom & Co&url=http://x', REGISTRATION)).toEqual({
      name: 'Tom & Co',
      url: 'http://x',
    });
  });

  it('leaves an unknown parameter in the value before it: it might be part of a name', () => {
    expect(form('name=Tom&format=json&url=http://x', REGISTRATION)).toEqual({
      name: 'Tom&format=json',
      url: 'http://x',
    });
  });

  it('finds names in any case', () => {
    expect(form('NAME=Tom & Co&URL=http://x&systemid=ab', REGISTRATION)).toEqual({
      name: 'Tom & Co',
      url: 'http://x',
      systemId: 'ab',
    });
  });

  it('does not take a longer or shorter name for a known one', () => {
    expect(form('name=a b&names=c&nam=d&url=http://x', REGISTRATION)).toEqual({
      name: 'a b&names=c&nam=d',
      url: 'http://x',
    });
  });

  it('keeps an empty value', () => {
    expect(form('name=&url=http://x&localAddress=', REGISTRATION)).toEqual({
      name: '',
      url: 'http://x',
      localAddress: '',
    });
  });

  it('decodes an e-mail without @, which one client escapes while nothing else is (E9)', () => {
    expect(form('email=a%2Bb%40x.org&userName=al&password=p@ss+%41 &x', SIGN_UP)).toEqual({
      email: 'a+b@x.org',
      userName: 'al',
      password: 'p@ss+%41 &x',
    });
  });
});

describe('a query string', () => {
  test.each([
    ['turns a plus into a blank', 'rawpw=a+b%20c', { rawpw: 'a b c' }],
    ['keeps a plus beside a literal @', 'nameOrEmail=a+b@x.org', { nameOrEmail: 'a+b@x.org' }],
    ['still decodes beside a literal @', 'nameOrEmail=a%2Bb+c@x%2Eorg', { nameOrEmail: 'a+b+c@x.org' }],
    [
      'judges every value alone',
      'nameOrEmail=a+b@x.org&rawpw=c+d',
      { nameOrEmail: 'a+b@x.org', rawpw: 'c d' },
    ],
    ['decodes beside a literal ://', 'rawpw=http://a%20b', { rawpw: 'http://a b' }],
    ['takes a lone % literally', 'rawpw=100%', { rawpw: '100%' }],
    ['takes a malformed escape literally', 'rawpw=100%ZZ%41', { rawpw: '100%ZZA' }],
    ['takes escapes that are not UTF-8 literally', 'rawpw=%E9', { rawpw: '%E9' }],
    ['drops unknown names', 'format=json&rawpw=x&_=1', { rawpw: 'x' }],
    ['ignores a bare cache-buster', 'rawpw=x&1699999', { rawpw: 'x' }],
    ['counts a bare name as empty', 'rawpw', { rawpw: '' }],
    ['has nothing if it is empty', '', {}],
    ['has nothing if it is all ampersands', '&&&', {}],
    ['finds names in any case', 'RawPW=x', { rawpw: 'x' }],
  ])('%s', (_what, text, expected) => {
    expect(query(text, SIGN_IN)).toEqual(expected);
  });
});

describe('text of an undeclared type', () => {
  test.each([
    ['rawpw=x', true],
    ['RAWPW=', true],
    ['rawpw', false],
    ['=x', false],
    ['', false],
    ['other=x', false],
    ['{"a":"rawpw=x"}', false],
  ])('%j looks like a form: %p', (text, expected) => {
    expect(looksLikeForm(text, SIGN_IN)).toBe(expected);
  });
});

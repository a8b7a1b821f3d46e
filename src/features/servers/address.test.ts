import { describe, expect, test } from '@jest/globals';
import { leastWork } from '../../../test/support/least-work.js';
import { DomainError } from '../../shared/domain-error.js';
import { CidrSet } from '../../shared/network.js';
import { ADDRESS_MAX_BYTES, localAddress, publicAddress } from './address.js';

const NOTHING = CidrSet.parse([]);
const LOOPBACK = CidrSet.parse(['127.0.0.0/8']);

const BOTH = [
  ['url', publicAddress],
  ['localAddress', localAddress],
] as const;

/** The message of the refusal, or `null` when the address is accepted. */
function refusal(act: () => string): string | null {
  try {
    act();
  } catch (error) {
    if (error instanceof DomainError && error.kind === 'invalid') return error.message;
    throw error;
  }
  return null;
}

describe.each(BOTH)('%s is written anew', (_, read) => {
  test.each([
    ['https://example.org/emby/', 'https://example.org/emby', 'a path, without the slash at its end'],
    ['http://8.8.8.8:8096/', 'http://8.8.8.8:8096', 'no path'],
    ['http://8.8.8.8:8096', 'http://8.8.8.8:8096', 'as clients like it'],
    ['https://media.example.org:8920', 'https://media.example.org:8920', 'a name with a port'],
    ['HTTPS://Media.Example.ORG/Emby', 'https://media.example.org/Emby', 'lower case, but for the path'],
    ['https://example.org:443', 'https://example.org', 'the port of the scheme'],
    ['http://example.org:443', 'http://example.org:443', 'the port of the other scheme'],
    ['http://example.org:00080', 'http://example.org', 'a port with zeros'],
    ['http://example.org:1', 'http://example.org:1', 'the first port'],
    ['http://example.org:65535', 'http://example.org:65535', 'the last port'],
    ['http://example.org.:8096', 'http://example.org:8096', 'without the final dot'],
    ['https://bücher.example', 'https://xn--bcher-kva.example', 'an international name'],
    ['https://xn--bcher-kva.example', 'https://xn--bcher-kva.example', 'the same, as it is looked up'],
    ['https://exa%6Dple.org', 'https://example.org', 'a name with percent codes'],
    ['http://[2606:4700:0:0::1]:8096/', 'http://[2606:4700::1]:8096', 'IPv6'],
    ['http://0x08.8.2056', 'http://8.8.8.8', 'IPv4 in a strange spelling'],
    ['http://134744072', 'http://8.8.8.8', 'IPv4 as one number'],
    ['http://example.org//a//', 'http://example.org//a', 'more slashes'],
    ['http://example.org/a/../b/.', 'http://example.org/b', 'a path that was a walk'],
    ['http://example.org/%2e%2e/b', 'http://example.org/b', 'a walk in percent codes'],
    ['http://example.org/mein%20Haus', 'http://example.org/mein%20Haus', 'an encoded blank'],
    ['http://example.org/größe', 'http://example.org/gr%C3%B6%C3%9Fe', 'a path beyond ASCII'],
    ['http://example.org/"<>`', 'http://example.org/%22%3C%3E%60', 'quotes and brackets, encoded'],
    ['http://example.org/@me:x;y=1', 'http://example.org/@me:x;y=1', 'marks that mean nothing in a path'],
    ['http://1.example', 'http://1.example', 'a label of digits'],
    ['http://a-b--c.example', 'http://a-b--c.example', 'hyphens inside'],
    [`http://${'a'.repeat(63)}.example`, `http://${'a'.repeat(63)}.example`, 'the longest label'],
  ])('%s becomes %s: %s', (text, expected) => {
    expect(read(text, NOTHING)).toBe(expected);
    expect(read(expected, NOTHING)).toBe(expected);
  });

  test.each([
    'nas.test',
    'nas.local',
    'nas.lan',
    'nas.home.arpa',
    'nas.internal',
    'media.example',
    'notlocalhost.net',
  ])('the name %s is accepted', (name) => {
    expect(read(`http://${name}:8096`, NOTHING)).toBe(`http://${name}:8096`);
  });

  test.each([
    '10.0.0.1',
    '172.16.0.1',
    '192.168.178.2',
    '100.64.0.1',
    '100.127.255.255',
    '[fd00::1]',
    '[fc00::1]',
  ])('the private address %s is accepted', (host) => {
    expect(read(`http://${host}:8096`, NOTHING)).toBe(`http://${host}:8096`);
  });
});

describe.each(BOTH)('%s refuses', (field, read) => {
  test.each([
    ['', 'must start with http'],
    ['media.example.org', 'must start with http'],
    ['media.example.org:8096', 'must start with http'],
    ['//example.org', 'must start with http'],
    ['http:example.org', 'must start with http'],
    ['http:///example.org', 'must start with http'],
    ['http://', 'must start with http'],
    ['ftp://example.org', 'must start with http'],
    ['javascript:alert(1)//http://example.org', 'must start with http'],
    ['data:text/html,x', 'must start with http'],
    ['file:///etc/passwd', 'must start with http'],
    ['ws://example.org', 'must start with http'],
    ['httpx://example.org', 'must start with http'],
    ['http://?x', 'query'],
    ['http://:80', 'cannot be read'],
    [' http://example.org', 'blanks'],
    ['http://example.org ', 'blanks'],
    ['http://exam\tple.org', 'blanks'],
    ['http://example.org/\n', 'blanks'],
    ['http://exam\r\nple.org', 'blanks'],
    ['http://example.org/a b', 'blanks'],
    ['http://example.org\u00a0', 'blanks'],
    ['http://exam\u00adple.org', 'blanks'],
    ['http://exam\u200bple.org', 'blanks'],
    ['http://example.org/\u202egro', 'blanks'],
    ['http://example.org/\0', 'blanks'],
    ['http://example.org/\ud800', 'blanks'],
    ['http:\\\\example.org', 'backslashes'],
    ['http://example.org\\@8.8.8.8', 'backslashes'],
    ['http://example.org/a\\..\\b', 'backslashes'],
    ['http://user@example.org', 'user name'],
    ['http://user:secret@example.org', 'user name'],
    ['http://@example.org', 'user name'],
    ['http://:@example.org', 'user name'],
    ['http://example.org@8.8.8.8/', 'user name'],
    ['http://example.org?x=1', 'query'],
    ['http://example.org/?', 'query'],
    ['http://example.org#top', 'fragment'],
    ['http://example.org/#', 'fragment'],
    ['http://example.org:0', 'port'],
    ['http://example.org:65536', 'port'],
    ['http://example.org:99999999999999999999', 'port'],
    ['http://example.org:', 'port'],
    ['http://example.org:/emby', 'port'],
    ['http://example.org:80a', 'cannot be read'],
    ['http://example.org:-1', 'cannot be read'],
    ['http://2606:4700::1', 'cannot be read'],
    ['http://[fe80::1%25eth0]', 'cannot be read'],
    ['http://[::1', 'cannot be read'],
    ['http://1.2.3.4.5', 'cannot be read'],
    ['http://8.8.8.256', 'cannot be read'],
    ['http://example.0x8', 'cannot be read'],
    ['http://exa%00mple.org', 'cannot be read'],
    ['http://exa%2Fmple.org', 'cannot be read'],
    ['http://nas', 'with a dot'],
    ['http://nas:8096', 'with a dot'],
    ['http://nas./', 'with a dot'],
    ['http://my_nas.example', 'letters, digits, hyphens'],
    ['http://-a.example', 'letters, digits, hyphens'],
    ['http://a-.example', 'letters, digits, hyphens'],
    ['http://a..example', 'letters, digits, hyphens'],
    ['http://.example', 'letters, digits, hyphens'],
    ['http://example.org..', 'letters, digits, hyphens'],
    ['http://*.example', 'letters, digits, hyphens'],
    ["http://a'b.example", 'letters, digits, hyphens'],
    [`http://${'a'.repeat(64)}.example`, 'letters, digits, hyphens'],
    [`http://${'abc.'.repeat(62)}example`, 'letters, digits, hyphens'],
    ['http://localhost:8096', 'loopback'],
    ['http://LOCALHOST.', 'loopback'],
    ['http://x.localhost', 'loopback'],
    ['http://localhost.localdomain', 'loopback'],
    ['http://nowhere.invalid', 'can never be found'],
    ['http://example.org/%00', 'cannot be shown'],
    ['http://example.org/%0d%0aSet-Cookie', 'cannot be shown'],
    ['http://example.org/%7f', 'cannot be shown'],
    ['http://example.org/%C2%85', 'cannot be shown'],
    ['http://example.org/%E2%80%AE', 'cannot be shown'],
    ['http://example.org/%E2%80%A8', 'cannot be shown'],
    ['http://example.org/%zz', 'cannot be shown'],
    ['http://example.org/%ff', 'cannot be shown'],
    ['http://example.org/%', 'cannot be shown'],
    ['http://example.org/a%2f..%2fb', 'must not hide'],
    ['http://example.org/a%5Cb', 'must not hide'],
    ['http://example.org/%252e%252e/b', 'must not hide'],
    ['http://example.org/a/..;/b', 'two dots'],
  ])('%j: %s', (text, reason) => {
    const message = refusal(() => read(text, NOTHING));
    expect(message).toContain(reason);
    expect(message).toMatch(new RegExp(`^${field}: `));
    expect(message).not.toContain('secret');
  });

  test.each([
    ['127.0.0.1', 'loopback'],
    ['127.255.255.255', 'loopback'],
    ['127.1', 'loopback'],
    ['0x7f.1', 'loopback'],
    ['2130706433', 'loopback'],
    ['0177.0.0.1', 'loopback'],
    ['１２７.0.0.1', 'loopback'],
    ['%31%32%37.0.0.1', 'loopback'],
    ['127。0。0。1', 'loopback'],
    ['[::1]', 'loopback'],
    ['[0:0:0:0:0:0:0:1]', 'loopback'],
    ['0.0.0.0', 'unspecified'],
    ['0', 'unspecified'],
    ['[::]', 'unspecified'],
    ['255.255.255.255', 'special purposes'],
    ['[::ffff:127.0.0.1]', 'write it as 127.0.0.1'],
    ['[::ffff:8.8.8.8]', 'write it as 8.8.8.8'],
    ['[::ffff:0808:0808]', 'write it as 8.8.8.8'],
    ['[::127.0.0.1]', 'translation or tunnel'],
    ['[64:ff9b::7f00:1]', 'translation or tunnel'],
    ['[2002:7f00:1::1]', 'translation or tunnel'],
    ['[4000::1]', 'reserved'],
  ])('the host %s: %s', (host, reason) => {
    expect(refusal(() => read(`http://${host}:8096`, NOTHING))).toContain(reason);
  });
});

/** Network, its first and last address, and the address before and behind it: `+` if that one is accepted. */
const EDGES = [
  ['0.0.0.0/8', '0.0.0.0', '0.255.255.255', '', '+1.0.0.0'],
  ['127.0.0.0/8', '127.0.0.0', '127.255.255.255', '+126.255.255.255', '+128.0.0.0'],
  ['192.0.0.0/24', '192.0.0.0', '192.0.0.255', '+191.255.255.255', '+192.0.1.0'],
  ['192.0.2.0/24', '192.0.2.0', '192.0.2.255', '+192.0.1.255', '+192.0.3.0'],
  ['192.31.196.0/24', '192.31.196.0', '192.31.196.255', '+192.31.195.255', '+192.31.197.0'],
  ['192.52.193.0/24', '192.52.193.0', '192.52.193.255', '+192.52.192.255', '+192.52.194.0'],
  ['192.88.99.0/24', '192.88.99.0', '192.88.99.255', '+192.88.98.255', '+192.88.100.0'],
  ['192.175.48.0/24', '192.175.48.0', '192.175.48.255', '+192.175.47.255', '+192.175.49.0'],
  ['198.18.0.0/15', '198.18.0.0', '198.19.255.255', '+198.17.255.255', '+198.20.0.0'],
  ['198.51.100.0/24', '198.51.100.0', '198.51.100.255', '+198.51.99.255', '+198.51.101.0'],
  ['203.0.113.0/24', '203.0.113.0', '203.0.113.255', '+203.0.112.255', '+203.0.114.0'],
  ['224.0.0.0/4', '224.0.0.0', '239.255.255.255', '+223.255.255.255', '240.0.0.0'],
  ['240.0.0.0/4', '240.0.0.0', '255.255.255.255', '239.255.255.255', ''],
  ['::/96', '::', '::ffff:ffff', '', '::1:0:0'],
  ['::ffff:0:0/96', '::ffff:0:0', '::ffff:ffff:ffff', '::fffe:ffff:ffff', '::1:0:0:0'],
  ['::ffff:0:0:0/96', '::ffff:0:0:0', '::ffff:0:ffff:ffff', '::fffe:ffff:ffff:ffff', '::ffff:1:0:0'],
  ['64:ff9b::/96', '64:ff9b::', '64:ff9b::ffff:ffff', '64:ff9a:ffff::', '64:ff9b::1:0:0'],
  ['64:ff9b:1::/48', '64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff', '64:ff9b:0:ffff::', '64:ff9b:2::'],
  ['100::/64', '100::', '100::ffff:ffff:ffff:ffff', 'ff:ffff::', '100:0:0:1::'],
  ['100:0:0:1::/64', '100:0:0:1::', '100::1:ffff:ffff:ffff:ffff', '100::ffff:0:0:0', '100:0:0:2::'],
  ['2001::/32', '2001::', '2001:0:ffff:ffff:ffff:ffff:ffff:ffff', '+2000:ffff:ffff::', '2001:1::'],
  ['2001:2::/48', '2001:2::', '2001:2:0:ffff:ffff:ffff:ffff:ffff', '2001:1:ffff::', '2001:2:1::'],
  ['2001::/23', '2001::', '2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff', '+2000:ffff:ffff::', '+2001:200::'],
  [
    '2001:db8::/32',
    '2001:db8::',
    '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
    '+2001:db7:ffff::',
    '+2001:db9::',
  ],
  ['2002::/16', '2002::', '2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '+2001:ffff:ffff::', '+2003::'],
  [
    '2620:4f:8000::/48',
    '2620:4f:8000::',
    '2620:4f:8000:ffff:ffff:ffff:ffff:ffff',
    '+2620:4f:7fff::',
    '+2620:4f:8001::',
  ],
  ['3fff::/20', '3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff', '+3ffe:ffff::', '+3fff:1000::'],
  ['4000::/2', '4000::', '7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '+3fff:ffff::', '8000::'],
  ['5f00::/16', '5f00::', '5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '5eff::', '5f01::'],
  ['fe00::/9', 'fe00::', 'fe7f:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '+fdff:ffff::', 'fe80::'],
  ['fe80::/10', 'fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'fe7f:ffff::', 'fec0::'],
  ['fec0::/10', 'fec0::', 'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'febf:ffff::', 'ff00::'],
  ['ff00::/8', 'ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'feff:ffff::', ''],
] as const;

describe.each(BOTH)('the edges of what %s refuses', (_, read) => {
  const accepts = (ip: string, allow = NOTHING): boolean =>
    refusal(() => read(`http://${ip.includes(':') ? `[${ip}]` : ip}:8096`, allow)) === null;

  test.each(EDGES)('%s', (...edge) => {
    const [network, first, last, before, behind] = edge;
    expect([accepts(first), accepts(last)]).toEqual([false, false]);
    for (const neighbour of [before, behind].filter((text) => text !== '')) {
      expect([neighbour, accepts(neighbour.replace('+', ''))]).toEqual([
        neighbour,
        neighbour.startsWith('+'),
      ]);
    }
    if (network.startsWith('::ffff:0:0/')) return; // refused as a spelling, which nothing allows
    const allow = CidrSet.parse([network]);
    expect([accepts(first, allow), accepts(last, allow)]).toEqual([true, true]);
  });
});

describe('link-local IPv4', () => {
  test.each(['169.254.0.0', '169.254.255.255'])('%s is a localAddress, no url', (ip) => {
    expect(refusal(() => publicAddress(`http://${ip}`, NOTHING))).toContain('link-local');
    expect(localAddress(`http://${ip}`, NOTHING)).toBe(`http://${ip}`);
  });

  test.each(['169.253.255.255', '169.255.0.0'])('its neighbour %s is both', (ip) => {
    expect(publicAddress(`http://${ip}`, NOTHING)).toBe(localAddress(`http://${ip}`, NOTHING));
  });
});

describe.each(BOTH)('ADDRESS_ALLOW for %s', (_, read) => {
  test.each([
    ['http://127.0.0.1:8096', 'http://127.0.0.1:8096'],
    ['http://0x7f.1/', 'http://127.0.0.1'],
    ['http://localhost:8096/', 'http://localhost:8096'],
    ['http://LOCALHOST.:8096', 'http://localhost:8096'],
    ['http://x.localhost', 'http://x.localhost'],
  ])('loopback allowed: %s becomes %s', (text, expected) => {
    expect(read(text, LOOPBACK)).toBe(expected);
  });

  test.each([
    'http://[::1]',
    'http://0.0.0.0',
    'http://192.0.2.1',
    'http://nas',
    'http://[::ffff:127.0.0.1]',
  ])('loopback allowed: %s stays refused', (text) => {
    expect(refusal(() => read(text, LOOPBACK))).not.toBeNull();
  });

  test('a documentation network, for tests', () => {
    const allow = CidrSet.parse(['192.0.2.0/24', '2001:db8::/32', '::1']);
    expect(read('http://192.0.2.1:8096/', allow)).toBe('http://192.0.2.1:8096');
    expect(read('http://[2001:db8::1]:8096/', allow)).toBe('http://[2001:db8::1]:8096');
    expect(read('http://localhost', allow)).toBe('http://localhost');
    expect(refusal(() => read('http://198.51.100.1', allow))).toContain('documentation');
    expect(refusal(() => read('http://localhost', CidrSet.parse(['192.0.2.0/24'])))).toContain('loopback');
  });
});

describe.each(BOTH)('the size of %s', (_, read) => {
  const start = 'https://example.org/';

  test('is limited after re-serialisation', () => {
    const longest = start + 'a'.repeat(ADDRESS_MAX_BYTES - start.length);
    expect(read(longest, NOTHING)).toBe(longest);
    expect(read(`${longest}/`, NOTHING)).toBe(longest);
    expect(refusal(() => read(`${longest}a`, NOTHING))).toContain('longer than 320');
    expect(refusal(() => read(start + 'ä'.repeat(60), NOTHING))).toContain('longer than 320');
  });

  test('is limited before parsing', () => {
    expect(read(start + '/'.repeat(2_048 - start.length), NOTHING)).toBe('https://example.org');
    expect(refusal(() => read(start + '/'.repeat(2_049 - start.length), NOTHING))).toContain(
      'longer than 320',
    );
  });

  test('keeps the longest list below 256 KiB (S-122)', () => {
    expect(200 * (2 * ADDRESS_MAX_BYTES + 600)).toBeLessThan(256 * 1_024);
  });

  test.each([
    '/',
    'a/../',
    '.',
    'a.',
    '%2e',
    '%',
    ':',
    '@',
    '[',
    ' ',
    'ü',
    '-',
    'xn--',
    '1',
    '0x',
    '\\',
    '?',
    '\0',
    ';',
    '/.',
  ])('hostile input of %j takes less than 50 ms (S-102)', async (unit) => {
    const inputs = [2_000, 16_384].flatMap((size) => {
      const body = unit.repeat(Math.floor(size / Buffer.byteLength(unit)));
      return [body, `http://${body}`, `http://example.org/${body}x`, `http://[${body}`, `http://a:${body}`];
    });
    for (const input of inputs) {
      expect(await leastWork(() => refusal(() => read(input, NOTHING)))).toBeLessThan(50);
    }
  });
});

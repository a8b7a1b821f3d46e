import { describe, expect, test } from '@jest/globals';
import { leastWork } from '../../test/support/least-work.js';
import {
  canonicalIp,
  CidrSet,
  clientAddress,
  networkOf,
  wideNetworkAround,
  wideNetworkOf,
} from './network.js';

describe('canonicalIp', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1', 'IPv4 stays'],
    ['::ffff:1.2.3.4', '1.2.3.4', 'IPv4-mapped is IPv4'],
    ['::FFFF:0102:0304', '1.2.3.4', 'also in hex'],
    ['0:0:0:0:0:ffff:102:304', '1.2.3.4', 'also written in full'],
    ['::ffff:1.2.3.4%eth0', '1.2.3.4', 'also with a zone'],
    ['2001:0DB8:0000:0000:0000:0000:0000:0001', '2001:db8::1', 'compressed, lower case'],
    ['2001:db8:0:1:0:0:0:1', '2001:db8:0:1::1', 'the longest run of zeros'],
    ['fe80::1%eth0', 'fe80::1', 'without its zone'],
    ['fe80::1%12', 'fe80::1', 'without its zone, as Windows numbers them'],
    ['::', '::', 'nothing but zeros'],
    ['::1', '::1', 'loopback'],
    ['::ffff:0:1.2.3.4', '::ffff:0:102:304', 'translated is not mapped'],
  ])('%s is %s: %s', (text, expected) => {
    expect(canonicalIp(text)).toBe(expected);
  });

  test.each([
    ['', 'nothing'],
    ['localhost', 'a name'],
    ['1.2.3', 'too short'],
    ['1.2.3.256', 'too large'],
    ['01.2.3.4', 'octal or not? nobody knows'],
    ['0x7f.0.0.1', 'hex'],
    [' 1.2.3.4', 'a blank'],
    ['1.2.3.4\0', 'a NUL'],
    ['1.2.3.4%eth0', 'IPv4 has no zones'],
    ['[::1]', 'brackets are no part of an IP'],
    ['1.2.3.4:80', 'a port'],
    ['::1/128', 'a prefix'],
    [':::', 'too many colons'],
    ['1::2::3', 'two gaps'],
    ['12345::', 'a group too long'],
    [`::1%${'a'.repeat(60)}`, 'longer than any zone'],
  ])('%j is no IP: %s', (text) => {
    expect(canonicalIp(text)).toBeNull();
  });
});

describe('CidrSet', () => {
  test('holds the networks and bare addresses it was given, and no others', () => {
    const set = CidrSet.parse(['10.0.0.0/8', '192.0.2.7', ' 2001:db8::/32 ', '::1']);
    for (const inside of [
      '10.0.0.0',
      '10.255.255.255',
      '192.0.2.7',
      '2001:db8::',
      '::1',
      '2001:DB8::1%eth0',
    ]) {
      expect([inside, set.contains(inside)]).toEqual([inside, true]);
    }
    for (const outside of [
      '9.255.255.255',
      '11.0.0.0',
      '192.0.2.6',
      '192.0.2.8',
      '2001:db7:ffff::',
      '2001:db9::',
      '::2',
    ]) {
      expect([outside, set.contains(outside)]).toEqual([outside, false]);
    }
  });

  test('ignores bits behind the prefix', () => {
    const set = CidrSet.parse(['10.1.2.3/16', '2001:db8::5/33']);
    expect(set.contains('10.1.255.255')).toBe(true);
    expect(set.contains('10.2.0.0')).toBe(false);
    expect(set.contains('2001:db8:7fff::')).toBe(true);
    expect(set.contains('2001:db8:8000::')).toBe(false);
  });

  test('matches IPv4-mapped callers as IPv4, however the network is written', () => {
    for (const network of ['10.0.0.0/8', '::ffff:10.0.0.0/104', '::ffff:a00:0/104']) {
      const set = CidrSet.parse([network]);
      expect(set.contains('::ffff:10.1.2.3')).toBe(true);
      expect(set.contains('::ffff:a01:203')).toBe(true);
      expect(set.contains('10.1.2.3')).toBe(true);
      expect(set.contains('::ffff:11.1.2.3')).toBe(false);
    }
    expect(CidrSet.parse(['::ffff:10.0.0.1']).contains('10.0.0.1')).toBe(true);
    expect(CidrSet.parse(['::ffff:10.0.0.1']).contains('10.0.0.2')).toBe(false);
  });

  test('an IPv6 network never holds an IPv4 address, even one whose bits include ::ffff:0:0/96', () => {
    const set = CidrSet.parse(['::/16', '::/64']);
    expect(set.contains('::1')).toBe(true);
    expect(set.contains('10.0.0.1')).toBe(false);
    expect(set.contains('::ffff:10.0.0.1')).toBe(false);
  });

  test('holds nothing that is no IP', () => {
    const set = CidrSet.parse(['0.0.0.0/0', '::/0']);
    for (const text of ['', 'unknown', '10.0.0.1:80', '[::1]']) expect(set.contains(text)).toBe(false);
  });

  test('knows whether it is empty', () => {
    expect(CidrSet.parse([]).isEmpty).toBe(true);
    expect(CidrSet.parse([]).contains('127.0.0.1')).toBe(false);
    expect(CidrSet.parse([]).coversEverything).toBe(false);
    expect(CidrSet.parse(['::1']).isEmpty).toBe(false);
  });

  test.each([
    [['0.0.0.0/0'], true],
    [['::/0'], true],
    [['0.0.0.0/1', '128.0.0.0/1'], true],
    [['::/1', '8000::/1'], true],
    [['10.0.0.0/8', '0.0.0.0/7'], true],
    [['2000::/15'], true],
    [['::ffff:0:0/96'], true],
    [['::ffff:0:0/103'], true],
    [['10.0.0.0/8', '172.16.0.0/12'], false],
    [['fd00::/16'], false],
    [['::ffff:10.0.0.0/104'], false],
    [['127.0.0.1', '::1'], false],
  ])('trusting %j is trusting everybody: %s', (texts, expected) => {
    expect(CidrSet.parse(texts).coversEverything).toBe(expected);
  });

  test.each([
    ...[
      '',
      ' ',
      'example.org',
      '10.0.0.0/33',
      '10.0.0.0/-1',
      '10.0.0.0/',
      '10.0.0.0/08',
      '10.0.0.0/8/8',
      '10.0.0/8',
    ],
    ...['::/129', '::1%eth0', '[::1]/128', '10.0.0.0/255.0.0.0', '::ffff:10.0.0.0/95', '10.0.0.0,::1', '*'],
  ])('names the bad entry %j', (bad) => {
    expect(() => CidrSet.parse(['10.0.0.0/8', bad])).toThrow(
      `${JSON.stringify(bad)}: not an IP address or CIDR`,
    );
  });

  test('names every bad entry at once', () => {
    expect(() => CidrSet.parse(['a', '::1', 'b\n'])).toThrow('"a", "b\\n": not an IP');
  });
});

describe('the network a limit counts under', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1', '192.0.2.0/24'],
    ['::ffff:192.0.2.1', '192.0.2.1', '192.0.2.0/24'],
    ['::ffff:c000:201', '192.0.2.1', '192.0.2.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64', '2001:db8:1::/48'],
    ['2001:DB8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64', '2001:db8:1::/48'],
    ['2001:db8::1', '2001:db8::/64', '2001:db8::/48'],
    ['2001:db8:0:2::1', '2001:db8:0:2::/64', '2001:db8::/48'],
    ['2001:0:0:1::1', '2001:0:0:1::/64', '2001::/48'],
    ['fe80::1%eth0', 'fe80::/64', 'fe80::/48'],
    ['1::', '1::/64', '1::/48'],
    ['::1', '::/64', '::/48'],
    ['::1:2:3:4:5', '0:0:0:1::/64', '::/48'],
    ['::192.0.2.1', '::/64', '::/48'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4::/64', '1:2:3::/48'],
    ['unknown', 'unknown', 'unknown'],
    ['', 'unknown', 'unknown'],
  ])('%s: %s, wider %s', (ip, network, wide) => {
    expect(networkOf(ip)).toBe(network);
    expect(wideNetworkOf(ip)).toBe(wide);
  });

  test('every address of a /64 has one key, which is a network that holds it', () => {
    for (const start of ['2001:db8:1:2', '2001:db8:0:0', '0:0:0:1', 'fd00:0:1:0', '2001:0:0:ffff']) {
      const keys = new Set(
        ['0:0:0:0', '0:0:0:1', 'ffff:ffff:ffff:ffff', '0:1:0:0', '1:0:0:0'].map((rest) =>
          networkOf(`${start}:${rest}`),
        ),
      );
      expect(keys.size).toBe(1);
      expect(CidrSet.parse([...keys]).contains(`${start}:1:2:3:4`)).toBe(true);
    }
  });
});

test('the wide network around a network is the one around each address in it', () => {
  const groups = ['0', '1', 'a0', 'db8', 'ffff'];
  for (const one of groups)
    for (const two of groups)
      for (const three of groups)
        for (const four of groups) {
          const ip = `${one}:${two}:${three}:${four}:0:1:0:1`;
          expect([ip, wideNetworkAround(networkOf(ip))]).toEqual([ip, wideNetworkOf(ip)]);
        }
  for (const ip of ['192.0.2.7', '::ffff:192.0.2.7', '::1', '::192.0.2.7', 'nothing'])
    expect([ip, wideNetworkAround(networkOf(ip))]).toEqual([ip, wideNetworkOf(ip)]);
});

describe('clientAddress', () => {
  const trusted = CidrSet.parse(['10.0.0.0/8', 'fd00::/16']);
  const none = CidrSet.parse([]);

  test.each<[string, string | undefined, string, string]>([
    ['10.0.0.1', undefined, '10.0.0.1', 'no header'],
    ['::ffff:10.0.0.1', undefined, '10.0.0.1', 'the peer in canonical text'],
    ['198.51.100.9', '192.0.2.1', '198.51.100.9', 'the peer is no proxy: its header does not count'],
    ['10.0.0.1', '192.0.2.1', '192.0.2.1', 'one proxy'],
    ['::ffff:10.0.0.1', '192.0.2.1', '192.0.2.1', 'one proxy, IPv4-mapped'],
    ['fd00::1%eth0', '192.0.2.1', '192.0.2.1', 'one proxy, with a zone'],
    ['10.0.0.1', '203.0.113.1, 192.0.2.1', '192.0.2.1', 'the caller wrote the left one'],
    ['10.0.0.1', '127.0.0.1,192.0.2.1,10.0.0.2', '192.0.2.1', 'two proxies'],
    ['10.0.0.1', '192.0.2.1,fd00::7 , ::ffff:10.9.9.9', '192.0.2.1', 'three proxies'],
    ['10.0.0.1', 'junk, 192.0.2.1', '192.0.2.1', 'junk that the caller wrote'],
    ['10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3', 'all trusted: the left-most'],
    ['10.0.0.1', '::FFFF:192.0.2.1', '192.0.2.1', 'in canonical text'],
    ['10.0.0.1', '192.0.2.1:567', '192.0.2.1', 'with a port'],
    ['10.0.0.1', '[2001:DB8::1]:443', '2001:db8::1', 'IPv6 with a port'],
    ['10.0.0.1', '[2001:db8::1]', '2001:db8::1', 'IPv6 in brackets'],
    ['10.0.0.1', '2001:db8::1', '2001:db8::1', 'IPv6 bare'],
    ['10.0.0.1', '\t 192.0.2.1 \t', '192.0.2.1', 'blanks around'],
    ['10.0.0.1', '192.0.2.1, 10.0.0.2:80', '192.0.2.1', 'a proxy with a port'],
    ['10.0.0.1', '', '10.0.0.1', 'an empty header'],
    ['10.0.0.1', 'unknown', '10.0.0.1', 'a word'],
    ['10.0.0.1', '192.0.2.1, junk', '10.0.0.1', 'junk on the way'],
    ['10.0.0.1', '192.0.2.1, junk, 10.0.0.2', '10.0.0.1', 'junk behind a trusted hop'],
    ['10.0.0.1', '192.0.2.1,', '10.0.0.1', 'an empty entry'],
    ['10.0.0.1', '"[2001:db8::1]:443"', '10.0.0.1', 'the quotes of Forwarded'],
    ['10.0.0.1', '192.0.2.1:port', '10.0.0.1', 'a port that is none'],
    ['10.0.0.1', '192.0.2.1 198.51.100.1', '10.0.0.1', 'two in one'],
    ['', '192.0.2.1', '', 'a peer that has gone'],
  ])('peer %j, header %j: %s (%s)', (peer, header, expected) => {
    expect(clientAddress(peer, header, trusted)).toBe(expected);
  });

  test('with nothing trusted, headers never count', () => {
    expect(clientAddress('127.0.0.1', '192.0.2.1', none)).toBe('127.0.0.1');
  });

  test.each([
    ['trusted hops', '10.0.0.1,'.repeat(910) + '10.0.0.1'],
    ['short trusted hops', 'fd00::,'.repeat(1_169) + 'fd00::'],
    ['commas', ','.repeat(8_192)],
    ['blanks', ' '.repeat(8_192)],
    ['one bracket', '['.repeat(8_192)],
    ['digits', '1'.repeat(8_192)],
    ['dots', '1.'.repeat(4_096)],
    ['colons', ':'.repeat(8_192)],
    ['a zone', `::1%${'a'.repeat(8_188)}`],
  ])('reads a header of 8 KiB of %s in less than 50 ms (S-102)', async (_, header) => {
    expect(await leastWork(() => clientAddress('10.0.0.1', header, trusted))).toBeLessThan(50);
  });
});

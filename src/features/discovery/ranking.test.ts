import { describe, expect, test } from '@jest/globals';
import { ranked } from './ranking.js';

const server = {
  url: 'https://media.example.org',
  localAddress: 'http://192.168.1.5:8096',
  network: '203.0.113.7',
};

describe('the order in which addresses are worth trying (S-81)', () => {
  test('at home the local one comes first', () => {
    expect(ranked(server, '203.0.113.7')).toEqual([
      { url: 'http://192.168.1.5:8096', scope: 'local' },
      { url: 'https://media.example.org', scope: 'remote' },
    ]);
  });

  test('elsewhere the remote one comes first, and none is withheld', () => {
    expect(ranked(server, '203.0.113.8').map(({ scope }) => scope)).toEqual(['remote', 'local']);
  });

  test('a household is one IPv6 network', () => {
    const home = { ...server, network: '2001:db8:1:2::/64' };
    expect(ranked(home, '2001:db8:1:2::/64')[0]?.scope).toBe('local');
    expect(ranked(home, '2001:db8:1:3::/64')[0]?.scope).toBe('remote');
  });

  test.each(['', 'https://media.example.org'])('a local address of %j adds nothing', (localAddress) => {
    expect(ranked({ ...server, localAddress }, server.network)).toEqual([
      { url: 'https://media.example.org', scope: 'remote' },
    ]);
  });
});

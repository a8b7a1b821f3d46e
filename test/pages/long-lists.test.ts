import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AuditTrail, type RecordedEvent } from '../../src/features/audit/index.js';
import { DiscoveryService, type ServerInSight } from '../../src/features/discovery/index.js';
import { LinksService, type WaitingInvitation } from '../../src/features/links/index.js';
import { DevicesService, type Device } from '../../src/features/sessions/index.js';
import type { AccountId, DeviceId, LinkId, ServerId } from '../../src/shared/ids.js';
import { TestBroker } from '../support/broker.js';
import type { Answer } from './browser.js';
import { Resident } from './signed-in.js';

/** As `inspectPage` demands it of every page in Chromium, style sheet and scripts included. */
const MOST_BYTES = 60 * 1024;
/** Links that an account may have at most, and devices (S-122, S-15). */
const [MOST_SERVERS, MOST_DEVICES] = [200, 100];

/** As long as names may be, in characters that are long in UTF-8 or in HTML. */
const LONG = `${'🏔'.repeat(32)}${'"'.repeat(32)}`;
const LONG_URL = `https://${'a'.repeat(60)}.example/${'b'.repeat(240)}`;
const numbered = (index: number): string => String(index).padStart(32, '0');

const server = (index: number, name: string): ServerInSight => ({
  id: numbered(index) as ServerId,
  name,
  kind: 'guest',
  silentMs: 10 * 86_400_000,
  addresses: [
    { url: `${LONG_URL}${index}`, scope: 'local' },
    { url: `${LONG_URL}r${index}`, scope: 'remote' },
  ],
});

const device = (index: number, accountId: AccountId): Device => ({
  id: numbered(index) as DeviceId,
  accountId,
  app: `${LONG.slice(0, 50)}/1.2.3`,
  name: LONG,
  network: '203.0.113.0/24',
  createdAt: 0,
  lastUsedAt: index * 86_400_000,
});

const invitation = (index: number, accountId: AccountId): WaitingInvitation => ({
  link: {
    id: numbered(index) as LinkId,
    serverId: numbered(index) as ServerId,
    accountId,
    kind: 'guest',
    requester: 'a'.repeat(32),
    state: 'waiting',
    createdAt: 0,
    acceptedAt: null,
    expiresAt: null,
  },
  server: { id: numbered(index) as ServerId, name: LONG, systemId: numbered(index) },
  serverHost: `${'a'.repeat(63)}.example`,
  twin: { id: numbered(index) as ServerId, name: LONG, serverHost: `${'a'.repeat(63)}.example` },
});

const event = (index: number, accountId: AccountId): RecordedEvent => ({
  id: numbered(index),
  at: 0,
  kind: 'link-revoked',
  outcome: 'ok',
  accountId,
  serverId: null,
  network: '2001:db8::/64',
  requestId: numbered(index),
  detail: LONG,
});

describe('pages of people who have much', () => {
  let broker: TestBroker;
  let ann: Resident;
  beforeAll(async () => {
    broker = await TestBroker.start();
    ann = await Resident.of(broker, 'ann');
    const id = ann.person.id as AccountId;
    const many = <T>(count: number, make: (index: number) => T): T[] =>
      Array.from({ length: count }, (_, index) => make(index));
    const servers = many(MOST_SERVERS, (index) => server(index, index < 190 ? LONG : `Attic ${index}`));
    // The lists themselves are tested elsewhere; making so many by hand would take a minute.
    broker.app.get(DiscoveryService).inSightOf = () => Promise.resolve(servers);
    broker.app.get(LinksService).waitingFor = () =>
      Promise.resolve(many(MOST_SERVERS, (index) => invitation(index, id)));
    broker.app.get(AuditTrail).ofAccount = (_, most) =>
      Promise.resolve(many(most, (index) => event(index, id)));
    broker.app.get(AuditTrail).lookupsOf = () =>
      Promise.resolve(many(50, (count) => ({ serverName: LONG, count })));
    broker.app.get(DevicesService).of = () =>
      Promise.resolve(many(MOST_DEVICES, (index) => device(index, id)));
  });
  afterAll(() => broker.remove());

  const weight = async ({ html }: Answer): Promise<number> => {
    const assets = new Set(
      [...html.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path),
    );
    const sizes = await Promise.all(
      [...assets].map(async (path) => Buffer.byteLength((await ann.open(path)).html)),
    );
    return sizes.reduce((sum, size) => sum + size, Buffer.byteLength(html));
  };

  test.each([
    '/servers',
    '/servers?page=7',
    '/servers?find=aaa&page=2',
    `/servers/codes?server=${numbered(1)}`,
    `/servers/leave?server=${numbered(1)}`,
    '/invitations',
    `/invitations/replace?invitation=${numbered(3)}`,
    '/devices',
    '/devices?page=5',
    '/profile/delete',
    '/profile/activity',
  ])('%s stays light with the longest names and addresses', async (path) => {
    const page = await ann.open(path);
    expect(page.status).toBe(200);
    expect(await weight(page)).toBeLessThan(MOST_BYTES);
  });

  test('servers come in parts, by name, and are found by name and address', async () => {
    const first = await ann.open('/servers');
    expect(first.html.match(/<h2/g)).toHaveLength(10);
    expect(first.text).toContain('1–10 of 200');
    expect(first.html).toContain('href="/servers?page=2"');
    expect((await ann.open('/servers?page=20')).text).toContain('191–200 of 200');
    const found = await ann.open('/servers?find=attic');
    expect(found.html.match(/<h2/g)).toHaveLength(10);
    expect(found.text.indexOf('Attic 190')).toBeLessThan(found.text.indexOf('Attic 199'));
    expect(found.input('find')?.['value']).toBe('attic');
    expect((await ann.open('/servers?find=b199')).text).toContain('Attic 199');
    expect((await ann.open('/servers?find=aaa&page=2')).html).toContain(
      'href="/servers?find=aaa&amp;page=3"',
    );
  });

  test('a search in vain says so, repeats what was typed as text, and leads back to all', async () => {
    const page = await ann.open(`/servers?find=${encodeURIComponent('<b>"nowhere"')}`);
    expect(page.text).toContain('None of your servers fits “<b>"nowhere"”');
    expect(page.html).not.toContain('<b>');
    expect(page.html).toContain('<a href="/servers">Show all</a>');
    expect(page.text).not.toContain('No server yet');
  });

  test('apps and browsers come in parts: the browsers last', async () => {
    expect((await ann.open('/devices')).text).toContain('1–25 of 101');
    const last = await ann.open('/devices?page=5');
    expect(last.text).toContain('this browser');
    expect(last.text).not.toContain('No app is signed in');
  });
});

import { expect, test } from '@jest/globals';
import { AccountsService } from '../../src/features/accounts/index.js';
import { InvitationsService } from '../../src/features/links/index.js';
import { DAY, HOUR, MINUTE } from '../../src/shared/clock.js';
import { eachBroker, type TestBroker } from '../support/broker.js';
import { PASSWORD } from '../support/people.js';
import { ask, type Answer } from './ask.js';
import {
  acceptedLink,
  account,
  disable,
  hex,
  server,
  unverified,
  waitingLink,
  type CastServer,
} from './cast.js';

const HOME = '192.0.2.10';
const OTHER = '192.0.2.11';

interface Invitation {
  readonly email: string;
  readonly requesterUserName: string;
}

function invite(broker: TestBroker, { email, requesterUserName }: Invitation, from = HOME): Promise<Answer> {
  return ask(broker, 'POST', 'users/invite', { raw: { email, requesterUserName }, from });
}

/** What a server does before: asks for the address, and is told that nobody has it. */
async function miss(broker: TestBroker, { key }: CastServer, email: string, from = HOME): Promise<void> {
  const { status } = await ask(broker, 'GET', 'user', { key, query: { nameOrEmail: email }, from });
  expect(status).toBe(404);
}

const mailsTo = async (broker: TestBroker, email: string): Promise<number> =>
  (await broker.mailbox.to(email)).length;

eachBroker('an invitation by mail (E10)', { TRUST_PROXY: '127.0.0.0/8' }, (broker) => {
  /** An admin with an accepted link to a server, and an address that nobody has. */
  async function scene(name: string): Promise<Invitation & { home: CastServer }> {
    const home = await server(broker(), `House of ${name}`);
    const admin = await account(broker(), name);
    await acceptedLink(broker(), home, admin);
    return { home, email: `guest+${name}@example.org`, requesterUserName: name };
  }

  test('goes out after a look-up in vain, names server and admin, and leads to an active account', async () => {
    const { home, ...invitation } = await scene('host');
    await miss(broker(), home, invitation.email);
    const { status, text } = await invite(broker(), invitation);
    expect([status, text]).toEqual([200, '{}']);
    expect(await mailsTo(broker(), invitation.email)).toBe(1);
    const mail = await broker().mailbox.last(invitation.email);
    expect(mail.text).toContain('“House of host”');
    expect(mail.text).toContain('host');
    const token = await broker().mailbox.lastToken(invitation.email);
    const given = { userName: 'invited', password: PASSWORD, network: HOME };
    await broker().app.get(InvitationsService).signUp(token, given);
    const found = await broker().app.get(AccountsService).findByIdentifier(invitation.email);
    expect(found).toMatchObject({ userName: 'invited', state: 'active' });
    await expect(
      broker()
        .app.get(InvitationsService)
        .signUp(token, { ...given, userName: 'again' }),
    ).rejects.toMatchObject({ code: 'invitation-spent' });
  });

  test('shows an admin without an accepted link to that server as nobody', async () => {
    const { home, ...invitation } = await scene('claimed');
    const stranger = await account(broker(), 'Impostor');
    await waitingLink(broker(), home, stranger);
    await miss(broker(), home, invitation.email);
    await invite(broker(), { ...invitation, requesterUserName: 'impostor' });
    expect(await mailsTo(broker(), invitation.email)).toBe(1);
    expect((await broker().mailbox.last(invitation.email)).text.toLowerCase()).not.toContain('impostor');
  });

  test('finds the address whatever its letter case', async () => {
    const { home, ...invitation } = await scene('cases');
    await miss(broker(), home, invitation.email.toUpperCase());
    await invite(broker(), { ...invitation, requesterUserName: 'CASES' });
    expect(await mailsTo(broker(), invitation.email)).toBe(1);
  });

  const silent: readonly [
    why: string,
    play: (broker: TestBroker, now: Awaited<ReturnType<typeof scene>>) => Promise<void>,
  ][] = [
    ['no server asked before', () => Promise.resolve()],
    [
      'another network asked',
      async (at, { home, email }) => {
        await miss(at, home, email, OTHER);
      },
    ],
    [
      'another address was asked for',
      async (at, { home, email }) => {
        await miss(at, home, `x${email}`);
      },
    ],
    [
      'the question is older than ten minutes',
      async (at, { home, email }) => {
        await miss(at, home, email);
        at.clock.advance(10 * MINUTE + 1);
      },
    ],
    [
      'who asked had a wrong key',
      async (at, { email }) => {
        const call = { key: hex() + hex(), query: { nameOrEmail: email }, from: HOME };
        expect((await ask(at, 'GET', 'user', call)).status).toBe(401);
      },
    ],
    [
      'the person has an account by now',
      async (at, { home, email }) => {
        await miss(at, home, email);
        const json = { email, userName: `g${hex().slice(0, 8)}`, rawpw: PASSWORD };
        await ask(at, 'POST', 'register', { json });
        await at.mailbox.to(email);
      },
    ],
  ];
  test.each(silent)('is not sent, and looks as if it were, when %s', async (_, play) => {
    const name = `quiet-${hex().slice(0, 8)}`;
    const now = await scene(name);
    await play(broker(), now);
    const before = await mailsTo(broker(), now.email);
    const { status, text } = await invite(broker(), now);
    expect([status, text]).toEqual([200, '{}']);
    expect(await mailsTo(broker(), now.email)).toBe(before);
  });

  test('is not sent for a requester who does not exist, is not confirmed or is disabled', async () => {
    const { home, email } = await scene('real');
    await unverified(broker(), 'unreal');
    await disable(broker(), (await account(broker(), 'gone')).id);
    await miss(broker(), home, email);
    for (const requesterUserName of ['nobody', 'unreal', 'gone']) {
      const { status, text } = await invite(broker(), { email, requesterUserName });
      expect([status, text]).toEqual([200, '{}']);
    }
    expect(await mailsTo(broker(), email)).toBe(0);
  });

  test.each([
    ['email', { email: '', requesterUserName: 'a' }],
    ['email', { email: 'nonsense', requesterUserName: 'a' }],
    ['email', { email: 'a@b.example, c@d.example', requesterUserName: 'a' }],
    ['requesterUserName', { email: 'a@example.org', requesterUserName: '' }],
    ['userName', { email: 'a@example.org', requesterUserName: 'a b' }],
    ['userName', { email: 'a@example.org', requesterUserName: 'http://evil.example' }],
  ])('is refused for its %s: %j', async (field, raw) => {
    const { status, object } = await ask(broker(), 'POST', 'users/invite', { json: raw });
    expect([status, object]).toEqual([400, { message: expect.stringMatching(new RegExp(`^${field}: `)) }]);
  });

  test('dies after seven days', async () => {
    const { home, ...invitation } = await scene('stale');
    await miss(broker(), home, invitation.email);
    await invite(broker(), invitation);
    const token = await broker().mailbox.lastToken(invitation.email);
    const invitations = broker().app.get(InvitationsService);
    broker().clock.advance(7 * DAY - 1);
    expect(await invitations.find(token)).toMatchObject({ email: invitation.email });
    broker().clock.advance(1);
    expect(await invitations.find(token)).toBeNull();
  });
});

const LIMITED = { LIMITS: 'on', TRUST_PROXY: '127.0.0.0/8', LIMIT_LOOKUPS_PER_NEW_SERVER_DAY: '1000' };
eachBroker('invitations with limits', LIMITED, (broker) => {
  async function sent(home: CastServer, invitation: Invitation, from: string): Promise<number> {
    await miss(broker(), home, invitation.email, from);
    expect((await invite(broker(), invitation, from)).status).toBe(200);
    return mailsTo(broker(), invitation.email);
  }

  test('reach a person once a day and three times in thirty days, whoever sends them', async () => {
    await account(broker(), 'sender');
    const invitation = { email: 'target@example.org', requesterUserName: 'sender' };
    const counts: number[] = [];
    for (let day = 0; day < 5; day += 1) {
      const home = await server(broker(), `Sender ${day}`);
      counts.push(await sent(home, invitation, `198.51.100.${10 + day}`));
      counts.push(await sent(home, invitation, `198.51.100.${20 + day}`));
      broker().clock.advance(DAY + 1);
    }
    expect(counts).toEqual([1, 1, 2, 2, 3, 3, 3, 3, 3, 3]);
    broker().clock.advance(25 * DAY);
    expect(await sent(await server(broker(), 'Later'), invitation, '198.51.100.30')).toBe(4);
  });

  test('are five an hour of one server, from whatever networks', async () => {
    await account(broker(), 'hourly');
    const home = await server(broker(), 'Hourly');
    const counts: number[] = [];
    for (let at = 0; at < 6; at += 1) {
      const invitation = { email: `hourly-${at}@example.org`, requesterUserName: 'hourly' };
      counts.push(await sent(home, invitation, `198.51.100.${40 + at}`));
    }
    expect(counts).toEqual([1, 1, 1, 1, 1, 0]);
    broker().clock.advance(HOUR + 1);
    const invitation = { email: 'hourly-9@example.org', requesterUserName: 'hourly' };
    expect(await sent(home, invitation, '198.51.100.49')).toBe(1);
  });

  test('are five an hour of one network, from whatever servers', async () => {
    await account(broker(), 'netful');
    const counts: number[] = [];
    for (let at = 0; at < 6; at += 1) {
      const home = await server(broker(), `Net ${at}`);
      const invitation = { email: `net-${at}@example.org`, requesterUserName: 'netful' };
      counts.push(await sent(home, invitation, '198.51.100.60'));
    }
    expect(counts).toEqual([1, 1, 1, 1, 1, 0]);
  });

  test('that come ten at a time for one address are one mail', async () => {
    await account(broker(), 'hasty');
    const home = await server(broker(), 'Hasty');
    const invitation = { email: 'hasty-guest@example.org', requesterUserName: 'hasty' };
    await miss(broker(), home, invitation.email, '198.51.100.70');
    await Promise.all(Array.from({ length: 10 }, () => invite(broker(), invitation, '198.51.100.70')));
    expect(await mailsTo(broker(), invitation.email)).toBe(1);
  });
});

import { describe, expect, test } from '@jest/globals';
import { DAY, HOUR } from '../../src/shared/clock.js';
import { AccountsService, VerificationService } from '../../src/features/accounts/index.js';
import { eachBroker, TestBroker } from '../support/broker.js';
import { PASSWORD } from '../support/people.js';
import type { Fields } from '../simulator/forms.js';
import { ask, type Answer, type Call } from './ask.js';
import { account } from './cast.js';

const AS_APP: Call = { headers: { 'X-CONNECT-TOKEN': 'CONNECT-REGISTER', 'X-Application': 'Theater/3.0' } };
const SUCCESS = { Status: 'SUCCESS', Validated: false, Message: expect.any(String) };

function signUp(broker: TestBroker, form: Fields): Promise<Answer> {
  return ask(broker, 'POST', 'register', { ...AS_APP, form });
}

function newcomer(userName: string, more: Fields = {}): Fields {
  return { email: `${userName}@example.org`, userName, rawpw: PASSWORD, ...more };
}

async function confirm(broker: TestBroker, email: string, password: string): Promise<void> {
  await broker.app
    .get(VerificationService)
    .confirm(await broker.mailbox.lastToken(email), password, '127.0.0.1');
}

/** Text of so many different-looking characters, from a block of Unicode on. */
function various(count: number, first: number): string {
  return Array.from({ length: count }, (_, at) => String.fromCodePoint(first + ((at * 7) % 60))).join('');
}

/** Headers but for those that differ in every answer. */
function sameHeaders({ headers }: Answer): object {
  const { date: _date, 'x-request-id': _id, ...rest } = headers;
  return rest;
}

eachBroker('signing up over the wire', {}, (broker) => {
  const signIn = (nameOrEmail: string, rawpw: string): Promise<Answer> =>
    ask(broker(), 'POST', 'user/authenticate', { form: { nameOrEmail, rawpw } });

  test('is answered SUCCESS, not validated, and the account starts with the mail’s link', async () => {
    const answer = await signUp(broker(), newcomer('fresh', { grecaptcha: 'whatever' }));
    expect([answer.status, answer.object]).toEqual([200, SUCCESS]);
    expect((await signIn('fresh', PASSWORD)).status).toBe(401);
    await confirm(broker(), 'fresh@example.org', PASSWORD);
    expect((await signIn('fresh', PASSWORD)).object).toMatchObject({
      User: { Name: 'fresh', IsActive: true },
    });
  });

  test('takes the plain password in `password` as well, as the C# client sends it', async () => {
    const body = `email=csharp%2B1%40example.org&userName=csharp&password=p & ss=w/ord100%+`;
    const headers = { ...AS_APP.headers, 'Content-Type': 'application/x-www-form-urlencoded' };
    expect((await ask(broker(), 'POST', 'register', { body, headers })).object).toEqual(SUCCESS);
    await confirm(broker(), 'csharp+1@example.org', 'p & ss=w/ord100%+');
    expect((await signIn('csharp', 'p & ss=w/ord100%+')).status).toBe(200);
  });

  test('needs no CONNECT-REGISTER literal and no X-Application', async () => {
    const answer = await ask(broker(), 'POST', 'register', { json: newcomer('bare') });
    expect([answer.status, answer.object]).toEqual([200, SUCCESS]);
  });

  test('with an address in use has the same answer as a fresh one, and one mail a day for the owner', async () => {
    const owner = await account(broker(), 'owner');
    const fresh = await signUp(broker(), newcomer('somebody-new'));
    for (const email of [owner.email, owner.email.toUpperCase(), owner.email]) {
      const used = await signUp(broker(), newcomer('somebody-else', { email }));
      expect([used.status, used.text, sameHeaders(used)]).toEqual([200, fresh.text, sameHeaders(fresh)]);
    }
    expect(await broker().mailbox.to(owner.email)).toHaveLength(1);
    const mail = await broker().mailbox.last(owner.email);
    expect(mail.text).not.toContain('somebody-else');
    expect(await broker().app.get(AccountsService).findByIdentifier('somebody-else')).toBeNull();
    expect((await signIn('owner', PASSWORD)).status).toBe(200);
    broker().clock.advance(DAY + 1);
    await signUp(broker(), newcomer('somebody-else', { email: owner.email }));
    expect(await broker().mailbox.to(owner.email)).toHaveLength(2);
  });

  test('with a user name in use, in any letter case, is 409 USERNAME_IN_USE and changes nothing', async () => {
    await account(broker(), 'Taken');
    for (const userName of ['Taken', 'taken', 'TAKEN']) {
      const { status, object } = await signUp(broker(), newcomer(userName, { email: 'other@example.org' }));
      const message = expect.stringContaining('taken');
      expect([status, object]).toEqual([409, { Status: 'USERNAME_IN_USE', Message: message, message }]);
    }
    expect(await broker().mailbox.to('other@example.org')).toEqual([]);
  });

  test('again for an unconfirmed address replaces the first: its link and its password die', async () => {
    const email = 'twice@example.org';
    await signUp(broker(), newcomer('first-try', { email }));
    const first = await broker().mailbox.lastToken(email);
    const again = await signUp(
      broker(),
      newcomer('second-try', { email, rawpw: 'another password entirely' }),
    );
    expect(again.object).toEqual(SUCCESS);
    await expect(
      broker().app.get(VerificationService).confirm(first, PASSWORD, '127.0.0.1'),
    ).rejects.toMatchObject({
      code: 'link-spent',
    });
    await confirm(broker(), email, 'another password entirely');
    expect((await signIn(email, PASSWORD)).status).toBe(401);
    expect((await signIn('first-try', PASSWORD)).status).toBe(401);
    expect((await signIn(email, 'another password entirely')).object).toMatchObject({
      User: { Name: 'second-try' },
    });
    // The name that was given up is free again.
    expect((await signUp(broker(), newcomer('first-try'))).status).toBe(200);
  });

  test('twenty times at once with one name makes one account', async () => {
    const tries = Array.from({ length: 20 }, (_, at) =>
      signUp(broker(), newcomer('crowded', { email: `crowd-${at}@example.org` })),
    );
    const statuses = (await Promise.all(tries)).map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array<number>(19).fill(409)]);
  });

  test('with one address at once makes one account, and nobody is told', async () => {
    const email = 'same@example.org';
    const tries = Array.from({ length: 6 }, (_, at) => signUp(broker(), newcomer(`same-${at}`, { email })));
    const answers = await Promise.all(tries);
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    const accounts = broker().app.get(AccountsService);
    const names = await Promise.all(answers.map((_, at) => accounts.findByIdentifier(`same-${at}`)));
    expect(names.filter((found) => found !== null)).toHaveLength(1);
  });

  test('keeps a password exactly as typed, but for the composition of its letters', async () => {
    await signUp(broker(), newcomer('composed', { rawpw: '  pa\u0308sswo\u0308rd  TEN ' }));
    await confirm(broker(), 'composed@example.org', '  p\u00e4ssw\u00f6rd  TEN ');
    expect((await signIn('composed', '  p\u00e4ssw\u00f6rd  TEN ')).status).toBe(200);
    expect((await signIn('composed', '  pa\u0308sswo\u0308rd  TEN ')).status).toBe(200);
    for (const near of ['p\u00e4ssw\u00f6rd  TEN', '  p\u00e4ssw\u00f6rd  ten ', '  password  TEN ']) {
      expect((await signIn('composed', near)).status).toBe(401);
    }
  });

  test.each([
    ['12 characters', 'mq7trellis9x'],
    ['12 emoji', various(12, 0x1f400)],
    ['12 characters, some of them blanks', ' mq7  llis9x '.slice(0, 12)],
    ['256 characters', various(256, 0xc0)],
    ['256 emoji, which are 1,024 bytes', various(256, 0x1f400)],
  ])('takes a password of %s and lets it sign in', async (_, rawpw) => {
    const userName = `pw-${Buffer.byteLength(rawpw)}-${rawpw.trim().length}`;
    const answer = await ask(broker(), 'POST', 'register', { json: newcomer(userName, { rawpw }) });
    expect(answer.object).toEqual(SUCCESS);
    await confirm(broker(), `${userName}@example.org`, rawpw);
    const json = { nameOrEmail: userName, rawpw };
    expect((await ask(broker(), 'POST', 'user/authenticate', { json })).status).toBe(200);
  });

  test.each([
    ['a', 'one letter'],
    ['O.Neil-the_3rd', 'inner marks'],
    ["d'Arc", 'an apostrophe'],
    ['a'.repeat(32), '32 letters'],
    ['42', 'digits alone'],
  ])('takes the user name %s (%s)', async (userName) => {
    const email = `${userName.length}-${userName.replace(/\W/g, '')}@names.example.org`;
    expect((await signUp(broker(), newcomer(userName, { email }))).object).toEqual(SUCCESS);
  });

  const bad: readonly [field: string, what: string, given: Fields][] = [
    ['userName', 'is missing', { userName: '' }],
    ['userName', 'has 33 characters', { userName: 'a'.repeat(33) }],
    ['userName', 'holds an @', { userName: 'a@b' }],
    ['userName', 'holds a blank', { userName: 'a b' }],
    ['userName', 'holds a letter of another script', { userName: 'pаul' }],
    ['userName', 'holds an umlaut', { userName: 'jörg' }],
    ['userName', 'holds a slash', { userName: 'a/b' }],
    ['userName', 'holds a line break', { userName: 'bob\n' }],
    ['userName', 'is a dot', { userName: '.' }],
    ['userName', 'begins with a mark', { userName: '-bob' }],
    ['userName', 'ends with a mark', { userName: 'bob.' }],
    ['email', 'is missing', { email: '' }],
    ['email', 'has no @', { email: 'bob.example.org' }],
    ['email', 'has two @', { email: 'a@b@example.org' }],
    ['email', 'has no dot in its domain', { email: 'bob@localhost' }],
    ['email', 'holds a blank', { email: 'bo b@example.org' }],
    ['email', 'would begin a second mail header', { email: 'bob@example.org\r\nBcc: all@example.org' }],
    ['email', 'names two recipients', { email: 'bob@example.org,all@example.org' }],
    ['email', 'is a mailbox with a name', { email: 'Bob <bob@example.org>' }],
    ['email', 'is quoted', { email: '"bob smith"@example.org' }],
    ['email', 'has a comment', { email: 'bob(x)@example.org' }],
    ['email', 'has an IP as its domain', { email: 'bob@[192.0.2.1]' }],
    ['email', 'is not ASCII', { email: 'böb@example.org' }],
    ['email', 'has an empty label', { email: 'bob@example..org' }],
    ['email', 'has a label that begins with a hyphen', { email: 'bob@-example.org' }],
    ['email', 'has 65 characters before the @', { email: `${'a'.repeat(65)}@example.org` }],
    ['email', 'has 255 characters', { email: `bob@${'a'.repeat(60)}.${'b.'.repeat(94)}org` }],
    ['rawpw', 'is missing', { rawpw: '' }],
    ['password', 'has 11 characters', { rawpw: 'mq7trellis9' }],
    ['password', 'has 11 emoji', { rawpw: '🔋'.repeat(11) }],
    ['password', 'has 11 letters once they are composed', { rawpw: 'a\u0308'.repeat(11) }],
    ['password', 'is one that many use', { rawpw: 'passwordpassword' }],
    ['password', 'is but the user name', { rawpw: 'refused-refused' }],
    ['password', 'has 257 characters', { rawpw: 'a'.repeat(257) }],
    ['password', 'has 1,025 bytes', { rawpw: 'a'.repeat(1_025) }],
  ];
  test.each(bad)('is refused if %s %s', async (field, _, given) => {
    const json = newcomer('refused', given);
    const { status, object } = await ask(broker(), 'POST', 'register', { ...AS_APP, json });
    const message = expect.stringMatching(new RegExp(`^${field}: `));
    expect([status, object]).toEqual([400, { Status: 'FAILURE', Message: message, message }]);
    expect(await broker().app.get(AccountsService).findByIdentifier('refused')).toBeNull();
  });

  test('is forgotten after a week without a confirmation, and the name is free again', async () => {
    await signUp(broker(), newcomer('sleeper'));
    broker().clock.advance(7 * DAY + 1);
    await broker().app.get(AccountsService).forgetUnverified();
    expect(await broker().app.get(AccountsService).findByIdentifier('sleeper')).toBeNull();
    expect((await signUp(broker(), newcomer('sleeper'))).status).toBe(200);
  });

  test('is not confirmed after a day', async () => {
    await signUp(broker(), newcomer('late'));
    const token = await broker().mailbox.lastToken('late@example.org');
    broker().clock.advance(DAY);
    await expect(
      broker().app.get(VerificationService).confirm(token, PASSWORD, '127.0.0.1'),
    ).rejects.toMatchObject({
      code: 'link-spent',
    });
  });
});

describe('a broker', () => {
  async function having(settings: Record<string, string>, work: (broker: TestBroker) => Promise<void>) {
    const broker = await TestBroker.start(settings);
    try {
      await work(broker);
    } finally {
      await broker.remove();
    }
  }

  test.each(['closed', 'invite'])('with SIGN_UP=%s takes nobody over the wire', async (mode) => {
    await having({ SIGN_UP: mode }, async (broker) => {
      const { status, object } = await signUp(broker, newcomer('outsider'));
      expect([status, object['Status']]).toEqual([403, 'FAILURE']);
      expect(await broker.app.get(AccountsService).findByIdentifier('outsider')).toBeNull();
    });
  });

  test('tells a network that names are taken ten times an hour', async () => {
    const settings = { LIMIT_SIGN_UPS_PER_NETWORK_HOUR: '100', LIMIT_SIGN_UPS_PER_NETWORK_DAY: '100' };
    await having({ LIMITS: 'on', TRUST_PROXY: '127.0.0.0/8', ...settings }, async (broker) => {
      await account(broker, 'probed');
      const probe = (from: string): Promise<Answer> =>
        ask(broker, 'POST', 'register', { form: newcomer('probed', { email: 'p@example.org' }), from });
      for (let count = 0; count < 10; count += 1) expect((await probe('192.0.2.7')).status).toBe(409);
      const { status, object, headers } = await probe('192.0.2.7');
      expect([status, object['Status']]).toEqual([429, 'FAILURE']);
      expect(headers['retry-after']).toMatch(/^[1-9]\d*$/);
      expect((await probe('192.0.2.8')).status).toBe(409);
      broker.clock.advance(HOUR);
      expect((await probe('192.0.2.7')).status).toBe(409);
    });
  });
});

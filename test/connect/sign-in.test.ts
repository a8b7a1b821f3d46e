import { describe, expect, jest, test } from '@jest/globals';
import { DeviceSignIns } from '../../src/edges/connect/device-sign-ins.service.js';
import { DAY } from '../../src/shared/clock.js';
import { AccountsRepository } from '../../src/features/accounts/accounts.repository.js';
import { AccountsService } from '../../src/features/accounts/index.js';
import { PasswordsService } from '../../src/features/accounts/passwords.service.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { Jobs } from '../../src/platform/jobs/jobs.service.js';
import { eachBroker, TestBroker } from '../support/broker.js';
import { eventually } from '../support/eventually.js';
import { PASSWORD } from '../support/people.js';
import type { Fields } from '../simulator/forms.js';
import { ask, type Answer } from './ask.js';
import { account, device, disable, unverified } from './cast.js';

/** Of the protocol document, E7: the password and what clients before 2016-10 sent instead. */
const VECTORS: readonly [password: string, md5: string][] = [
  ['password', '5f4dcc3b5aa765d61d8327deb882cf99'],
  ['p@ss/w&rd!', '1ccf7d5744bf7663a10dab206dbc7329'],
  ['a<b>"c\'$', '8067c211dcf7f2f46b1504ccd0b12149'],
  ['pässwörd', '12841e4ba5e37d2fbfc78458c6714ade'],
  ['back\\slash', '7ac22aa81ddb0dd4f82a9f0b547b92f4'],
];

function signIn(broker: TestBroker, form: Fields): Promise<Answer> {
  return ask(broker, 'POST', 'user/authenticate', { form });
}

async function isSignedIn(broker: TestBroker, token: string): Promise<boolean> {
  const { status } = await ask(broker, 'GET', 'servers', { token });
  // What the request left to do beside itself is done before the clock moves on.
  await broker.app.get(Jobs).idle();
  if (status !== 200 && status !== 401) throw new Error(`answered ${status}`);
  return status === 200;
}

eachBroker('signing in over the wire', {}, (broker) => {
  test('answers the token, the user and the two names of the documentation, exactly', async () => {
    const { id } = await account(broker(), 'Golden');
    const answer = await signIn(broker(), { nameOrEmail: 'golden', rawpw: PASSWORD });
    expect(answer.status).toBe(200);
    const token = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(answer.object).toEqual({
      AccessToken: token,
      User: {
        Id: id,
        Name: 'Golden',
        DisplayName: 'Golden',
        Email: 'Golden@example.org',
        IsActive: true,
        ImageUrl: '',
      },
      ConnectAccessToken: answer.object['AccessToken'],
      ConnectUserId: id,
    });
    expect(id).toMatch(/^[1-9]\d*$/);
    expect(Number(id)).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER);
    expect(await isSignedIn(broker(), answer.field('AccessToken'))).toBe(true);
  });

  test('stands in the access log with all of the time that it took to refuse, also ahead of the framework', async () => {
    await account(broker(), 'late');
    const signIns = broker().app.get(DeviceSignIns);
    const original = signIns.signIn.bind(signIns);
    let took = Infinity;
    const spy = jest.spyOn(signIns, 'signIn').mockImplementation(async (...given) => {
      const since = performance.now();
      try {
        return await original(...given);
      } finally {
        took = performance.now() - since;
      }
    });
    const { status, headers } = await signIn(broker(), { nameOrEmail: 'late', rawpw: 'wrong' });
    spy.mockRestore();
    const times = (): unknown[] =>
      broker()
        .log.lines.filter(({ message }) => message === 'request')
        .map(({ fields }) => fields as { requestId: unknown; ms: number })
        .flatMap(({ requestId, ms }) => (requestId === headers['x-request-id'] ? ms : []));
    await eventually(() => expect(times()).toHaveLength(1));
    expect(status).toBe(401);
    // To a tenth, as a line has it.
    expect(times()[0]).toBeGreaterThan(took - 0.1);
  });

  test.each([
    ['a user name in nameOrEmail', { nameOrEmail: 'many' }],
    ['an e-mail in nameOrEmail', { nameOrEmail: 'many@example.org' }],
    ['a user name in userName', { userName: 'many' }],
    ['an e-mail in userName', { userName: 'Many@Example.ORG' }],
    ['another letter case', { nameOrEmail: 'MANY' }],
    ['both names', { nameOrEmail: 'many', userName: 'many' }],
  ])('takes %s', async (_, identifier: Fields) => {
    if (!(await broker().app.get(AccountsService).findByIdentifier('many'))) await account(broker(), 'many');
    expect((await signIn(broker(), { ...identifier, rawpw: PASSWORD })).status).toBe(200);
  });

  test('gives every sign-in a token of its own', async () => {
    await account(broker(), 'tokens');
    const form = { nameOrEmail: 'tokens', rawpw: PASSWORD };
    const [one, two] = [await signIn(broker(), form), await signIn(broker(), form)];
    expect(one.field('AccessToken')).not.toBe(two.field('AccessToken'));
  });

  test('has one answer for unknown, wrong, unconfirmed, disabled and the MD5 form: 401, the same bytes', async () => {
    await account(broker(), 'known');
    await unverified(broker(), 'not-yet');
    await disable(broker(), (await account(broker(), 'disabled')).id);
    const refused: Fields[] = [
      { nameOrEmail: 'known', rawpw: 'wrong password' },
      { nameOrEmail: 'known', rawpw: PASSWORD.toUpperCase() },
      { nameOrEmail: 'known', rawpw: `${PASSWORD} ` },
      { nameOrEmail: 'known', rawpw: 'x'.repeat(1_100) },
      { nameOrEmail: 'unknown', rawpw: PASSWORD },
      { nameOrEmail: 'unknown', rawpw: 'x'.repeat(1_100) },
      { nameOrEmail: 'unknown@example.org', rawpw: PASSWORD },
      { nameOrEmail: 'not-yet', rawpw: PASSWORD },
      { nameOrEmail: 'disabled', rawpw: PASSWORD },
      { nameOrEmail: 'known', password: '5f4dcc3b5aa765d61d8327deb882cf99' },
      { nameOrEmail: 'known', password: PASSWORD },
      { nameOrEmail: 'known', pw: PASSWORD },
      { nameOrEmail: 'unknown', password: '5f4dcc3b5aa765d61d8327deb882cf99' },
      { nameOrEmail: '1', rawpw: PASSWORD },
    ];
    const answers = await Promise.all(refused.map((form) => signIn(broker(), form)));
    const bytes = answers.map(({ status, text, headers }) => {
      const { date: _date, 'x-request-id': _id, ...same } = headers;
      return JSON.stringify({ status, text, same });
    });
    expect(new Set(bytes).size).toBe(1);
    expect(answers[0]?.status).toBe(401);
    expect(answers[0]?.object).toEqual({ message: 'The user name, e-mail or password is wrong.' });
  });

  test.each([
    ['nameOrEmail', { rawpw: PASSWORD }],
    ['nameOrEmail', { nameOrEmail: '', rawpw: PASSWORD }],
    ['rawpw', { nameOrEmail: 'a' }],
    ['rawpw', { nameOrEmail: 'a', rawpw: '' }],
  ])('says that %s is missing from %j', async (field, form: Fields) => {
    const { status, object } = await signIn(broker(), form);
    expect([status, object]).toEqual([400, { message: `${field}: is missing` }]);
  });

  test('takes a password in the query, as the oldest PIN page sends it', async () => {
    await account(broker(), 'queried');
    const query = { nameOrEmail: 'queried', rawpw: PASSWORD };
    expect((await ask(broker(), 'POST', 'user/authenticate', { query })).status).toBe(200);
  });
});

eachBroker('a device token', {}, (broker) => {
  test('ends with sign-out, and no other does', async () => {
    const person = await account(broker(), 'leaver');
    const [mine, other] = [await device(broker(), person), await device(broker(), person)];
    expect(await ask(broker(), 'POST', 'user/logout', { token: mine })).toMatchObject({
      status: 200,
      text: '{}',
    });
    expect(await isSignedIn(broker(), mine)).toBe(false);
    expect(await isSignedIn(broker(), other)).toBe(true);
    expect((await ask(broker(), 'POST', 'user/logout', { token: mine })).status).toBe(401);
  });

  test('is idle for at most 90 days', async () => {
    const person = await account(broker(), 'idle');
    const [used, idle] = [await device(broker(), person), await device(broker(), person)];
    for (const days of [45, 44]) {
      broker().clock.advance(days * DAY);
      expect(await isSignedIn(broker(), used)).toBe(true);
    }
    broker().clock.advance(DAY);
    expect(await isSignedIn(broker(), idle)).toBe(false);
    expect(await isSignedIn(broker(), used)).toBe(true);
  });

  test('lives for at most 365 days, however busy', async () => {
    const token = await device(broker(), await account(broker(), 'busy'));
    for (let quarter = 0; quarter < 5; quarter += 1) {
      broker().clock.advance(72.9 * DAY);
      expect(await isSignedIn(broker(), token)).toBe(true);
    }
    broker().clock.advance(DAY);
    expect(await isSignedIn(broker(), token)).toBe(false);
  });

  test('is one of at most 100 of an account; one more ends the one idle longest', async () => {
    const person = await account(broker(), 'many-devices');
    const tokens: string[] = [];
    for (let count = 0; count < 100; count += 1) {
      tokens.push(await device(broker(), person));
      broker().clock.advance(1_000);
    }
    const [first = '', second = ''] = tokens;
    broker().clock.advance(DAY);
    expect(await isSignedIn(broker(), first)).toBe(true);
    const newest = await device(broker(), person);
    expect(await isSignedIn(broker(), second)).toBe(false);
    for (const token of [first, tokens[2] ?? '', newest])
      expect(await isSignedIn(broker(), token)).toBe(true);
  });

  test('fails at once when its account is disabled', async () => {
    const person = await account(broker(), 'switched-off');
    const token = await device(broker(), person);
    await disable(broker(), person.id);
    expect(await isSignedIn(broker(), token)).toBe(false);
  });

  test.each([
    ['nothing', undefined],
    ['an empty one', ''],
    ['a word', 'none'],
    ['one of another alphabet', 'z'.repeat(64)],
    ['two in one', `${'a'.repeat(64)}, ${'b'.repeat(64)}`],
  ])('that is %s is answered 401 in JSON', async (_, token) => {
    const { status, object } = await ask(broker(), 'GET', 'servers', token === undefined ? {} : { token });
    expect([status, object]).toEqual([401, { message: expect.any(String) }]);
  });
});

describe('LEGACY_MD5_LOGIN', () => {
  /** The vectors are older than the rules for new passwords, so they are set behind these. */
  async function people(broker: TestBroker): Promise<void> {
    for (const [at, [password]] of VECTORS.entries()) {
      const { id } = await account(broker, `md5-${at}`);
      const verifiers = await broker.app.get(PasswordsService).verifiersOf(password);
      const accounts = broker.app.get(AccountsRepository);
      const stored = await accounts.find(id);
      await broker.app.get(UnitOfWork).run(() => accounts.replacePassword(stored!, verifiers));
    }
  }

  test('on: the MD5 of the filtered password signs in, in either letter case, and the password too', async () => {
    const broker = await TestBroker.start({ LEGACY_MD5_LOGIN: 'true' });
    try {
      await people(broker);
      for (const [at, [password, md5]] of VECTORS.entries()) {
        const nameOrEmail = `md5-${at}`;
        const good: Fields[] = [
          { nameOrEmail, password: md5 },
          { nameOrEmail, password: md5.toUpperCase() },
          { nameOrEmail, rawpw: password },
        ];
        // Each form is checked against its own verifier alone.
        const bad: Fields[] = [
          { nameOrEmail, rawpw: md5 },
          { nameOrEmail, rawpw: md5.toUpperCase() },
          { nameOrEmail, password },
          { nameOrEmail, password: md5.replace(/.$/, (last) => (last === '0' ? '1' : '0')) },
        ];
        for (const form of good) expect([form, (await signIn(broker, form)).status]).toEqual([form, 200]);
        for (const form of bad) expect([form, (await signIn(broker, form)).status]).toEqual([form, 401]);
      }
    } finally {
      await broker.remove();
    }
  });

  test('off: the MD5 never signs in, not even for a password set while it was on', async () => {
    const broker = await TestBroker.start({ LEGACY_MD5_LOGIN: 'true' });
    try {
      await people(broker);
      await broker.close();
      await broker.open({ LEGACY_MD5_LOGIN: 'false' });
      const [password, md5] = VECTORS[0]!;
      expect((await signIn(broker, { nameOrEmail: 'md5-0', password: md5 })).status).toBe(401);
      expect((await signIn(broker, { nameOrEmail: 'md5-0', rawpw: password })).status).toBe(200);
    } finally {
      await broker.remove();
    }
  });
});

test('LEGACY_QUERY_PASSWORDS=false refuses a password in the URL, right or wrong, and takes it in the body', async () => {
  const broker = await TestBroker.start({ LEGACY_QUERY_PASSWORDS: 'false' });
  try {
    await account(broker, 'modern');
    for (const name of ['rawpw', 'password', 'pw', 'RawPw']) {
      for (const value of [PASSWORD, 'wrong']) {
        const query = { nameOrEmail: 'modern', [name]: value };
        const { status, object } = await ask(broker, 'POST', 'user/authenticate', { query });
        expect([status, object['message']]).toEqual([
          400,
          expect.stringMatching(/: must not be in the URL$/),
        ]);
      }
    }
    const call = { query: { nameOrEmail: 'modern' }, form: { rawpw: PASSWORD } };
    expect((await ask(broker, 'POST', 'user/authenticate', call)).status).toBe(200);
  } finally {
    await broker.remove();
  }
});

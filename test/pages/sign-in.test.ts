import { expect, test } from '@jest/globals';
import { eachBroker, type TestBroker } from '../support/broker.js';
import { Browser, CookieBrowser, type Answer } from './browser.js';
import { join, PASSWORD } from './people.js';

const DAY = 86_400;

/** Where the front page leads tells who is signed in. */
async function isSignedIn(browser: CookieBrowser): Promise<boolean> {
  return (await browser.open('/')).headers.get('location') === '/servers';
}

function locationOf({ status, headers }: Answer): [number, string | null] {
  return [status, headers.get('location')];
}

eachBroker('signing in on the pages', { ANTI_ROBOT: 'off' }, (broker) => {
  const browser = (headers: Record<string, string> = {}): CookieBrowser =>
    new CookieBrowser(broker(), headers);
  const member = (userName: string): Promise<string> => join(new Browser(broker()), userName);

  test('the form has labels, autocomplete tokens, a token of its own and ways on', async () => {
    const page = await browser().open('/sign-in');
    expect([page.status, page.heading]).toEqual([200, 'Sign in']);
    const shown = page.inputs().filter(({ type }) => type !== 'hidden');
    expect(shown.map(({ name, type, autocomplete }) => [name, type, autocomplete])).toEqual([
      ['identifier', 'text', 'username'],
      ['password', 'password', 'current-password'],
      ['stay', 'checkbox', undefined],
    ]);
    expect(page.input('formToken')?.['value']).toMatch(/^\S{20,}$/);
    expect(page.input('identifier')?.['maxLength'] ?? page.input('identifier')?.['maxlength']).toBe('254');
    expect(page.html).toContain('href="/forgot"');
    expect(page.html).toContain('href="/sign-up"');
    expect(page.headers.get('cache-control')).toBe('no-store');
  });

  test('by user name or e-mail, whatever its letter case, with a space that the keyboard added', async () => {
    const email = await member('ann');
    for (const identifier of ['ann', 'ANN ', email, ` ${email.toUpperCase()}`]) {
      const person = browser();
      expect(locationOf(await person.signIn(identifier, PASSWORD))).toEqual([303, '/servers']);
      expect(await isSignedIn(person)).toBe(true);
    }
  });

  test('without "stay signed in" the cookie ends with the browser, with it after thirty days', async () => {
    await member('cookie');
    const short = browser();
    await short.signIn('cookie', PASSWORD);
    expect(short.cookies.get('sid')).toMatch(/^[0-9a-f]{64}$/);
    expect(short.attributes.get('sid')).toBe('Path=/; HttpOnly; SameSite=Lax');
    const long = browser();
    await long.signIn('cookie', PASSWORD, { stay: 'yes' });
    expect(long.attributes.get('sid')).toBe(`Path=/; HttpOnly; SameSite=Lax; Max-Age=${30 * DAY}`);
  });

  test('a wrong password, an unknown name and an unconfirmed account get one answer, byte for byte', async () => {
    await member('known');
    const given = { userName: 'waiting', email: 'waiting@example.org', password: PASSWORD };
    await new Browser(broker()).submit('/sign-up', given);
    const person = browser();
    const answers = [
      ['known', await person.signIn('known', 'not the right password')],
      ['known@example.org', await person.signIn('known@example.org', 'not the right password')],
      ['nobody', await person.signIn('nobody', 'not the right password')],
      ['nobody@example.org', await person.signIn('nobody@example.org', 'not the right password')],
      ['waiting', await person.signIn('waiting', PASSWORD)],
    ] as const;
    const [first] = answers.map(([typed, { html }]) => html.replaceAll(typed, 'X'));
    for (const [typed, answer] of answers) {
      expect(answer.status).toBe(403);
      expect(answer.html.replaceAll(typed, 'X')).toBe(first);
      expect([...answer.headers.keys()].sort()).toEqual([...answers[0][1].headers.keys()].sort());
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
    expect(await isSignedIn(person)).toBe(false);
  });

  test('a refusal keeps what was typed, but never the password', async () => {
    await member('keeper');
    const more = { stay: 'yes', next: '/devices' };
    const page = await browser().signIn('keeper', 'not the right password', more);
    expect(page.title).toMatch(/^Please check: /);
    expect(page.described('password')).toContain('is wrong');
    expect(page.input('identifier')?.['value']).toBe('keeper');
    expect(page.input('stay')).toHaveProperty('checked');
    expect(page.input('next')?.['value']).toBe('/devices');
    expect(page.input('password')).not.toHaveProperty('value');
    expect(page.html).not.toContain('not the right password');
  });

  test.each([
    ['/devices', '/devices'],
    ['/Devices/', '/devices'],
    ['/PROFILE', '/profile'],
    ['/pin?pin=BCDF-GHJK', '/pin?pin=BCDF-GHJK'],
    ['/link?pin=BCDFGHJK', '/pin?pin=BCDFGHJK'],
    ['/pin.html', '/pin'],
    ['/pin?pin=%22%3E%0d%0aSet-Cookie:a=b', '/pin?pin=%22%3E%0D%0ASet-Cookie%3Aa%3Db'],
    ['/devices?x=https://evil.example', '/devices'],
    ['//evil.example', '/servers'],
    ['/\\evil.example', '/servers'],
    ['/\t/evil.example', '/servers'],
    ['https://evil.example/servers', '/servers'],
    ['https:evil.example', '/servers'],
    ['javascript:alert(1)', '/servers'],
    ['/servers/../sign-out', '/servers'],
    ['/servers@evil.example', '/servers'],
    ['/sign-in', '/servers'],
    ['', '/servers'],
  ])('next=%s leads to %s, before and after signing in', async (next, target) => {
    const userName = 'guest';
    if (!(await signedUp(broker(), userName))) await member(userName);
    const person = browser();
    expect(locationOf(await person.signIn(userName, PASSWORD, { next }))).toEqual([303, target]);
    const again = await person.open(`/sign-in?next=${encodeURIComponent(next)}`);
    expect(locationOf(again)).toEqual([303, target]);
  });

  test('a page for signed-in people leads to signing in and back', async () => {
    await member('detour');
    const person = browser();
    const sent = await person.open('/pin?pin=BCDFGHJK');
    expect(locationOf(sent)).toEqual([303, '/sign-in?next=%2Fpin%3Fpin%3DBCDFGHJK']);
    const form = await person.open(sent.headers.get('location') ?? '');
    const done = await person.submit(
      '/sign-in',
      form.filled({ identifier: 'detour', password: PASSWORD, stay: '' }),
    );
    expect(locationOf(done)).toEqual([303, '/pin?pin=BCDFGHJK']);
  });

  test('what comes back in the form is text, whatever it holds', async () => {
    const hostile = `"'><script>alert(1)</script><b>`;
    const page = await browser().signIn(hostile, hostile, { next: hostile });
    expect(page.html).not.toMatch(/<script>|<b>/);
    expect(page.input('identifier')?.['value']).toBe(hostile);
    const query = await browser().open(`/sign-in?next=${encodeURIComponent(hostile)}`);
    expect(query.html).not.toMatch(/<script>|<b>/);
  });

  test('nobody can be signed in by a form that was made for another browser', async () => {
    await member('mallory');
    const theirs = browser();
    const form = await theirs.open('/sign-in');
    const fields = form.filled({ identifier: 'mallory', password: PASSWORD, stay: '' });
    const bare = { identifier: 'mallory', password: PASSWORD };
    const forged = '0'.repeat(64);
    for (const [victim, sent] of [
      [browser(), fields],
      [browser(), bare],
      [browser(), { ...bare, formToken: forged }],
    ] as const) {
      const refused = await victim.submit('/sign-in', sent);
      expect([refused.status, refused.heading]).toEqual([403, 'Sign in']);
      expect(refused.text).toContain('does not keep cookies');
      expect(victim.cookies.has('sid')).toBe(false);
      // Sent once more by the person it belongs to, it works.
      const mended = await victim.submit('/sign-in', refused.filled({ ...bare, stay: '' }));
      expect(mended.status).toBe(303);
    }
    const crossSite = new CookieBrowser(broker(), { 'Sec-Fetch-Site': 'cross-site' });
    expect((await crossSite.submit('/sign-in', fields)).status).toBe(403);
  });

  test('an id that the browser brought is never adopted, and the session before ends', async () => {
    await member('fixed');
    const person = browser();
    person.cookies.set('sid', 'a'.repeat(64));
    await person.signIn('fixed', PASSWORD);
    const first = person.cookies.get('sid') ?? '';
    expect(first).not.toBe('a'.repeat(64));
    const old = browser();
    old.cookies.set('sid', first);
    // Another tab that showed the form before signing in.
    const form = await browserWithForm(person);
    const again = await person.submit('/sign-in', form);
    expect(again.status).toBe(303);
    expect(person.cookies.get('sid')).not.toBe(first);
    expect([await isSignedIn(person), await isSignedIn(old)]).toEqual([true, false]);
  });

  /** The form of the sign-in page as it was before this browser signed in. */
  async function browserWithForm(person: CookieBrowser): Promise<Record<string, string>> {
    const before = new CookieBrowser(broker());
    before.cookies.set('form', person.cookies.get('form') ?? '');
    const form = await before.open('/sign-in');
    return form.filled({ identifier: 'fixed', password: PASSWORD, stay: '' });
  }

  test('signing out ends the session at once, clears the browser, and can only be a form of our own', async () => {
    await member('leaver');
    const person = browser();
    await person.signIn('leaver', PASSWORD);
    const token = person.cookies.get('sid') ?? '';
    for (const method of ['GET', 'HEAD']) {
      expect((await person.open('/sign-out', method)).status).toBe(404);
    }
    expect((await person.submit('/sign-out', {})).status).toBe(403);
    expect((await person.submit('/sign-out', { formToken: 'x' })).heading).toBe('That took too long');
    expect(await isSignedIn(person)).toBe(true);
    const { formToken = '' } = (await person.open('/pin')).filled();
    const done = await person.submit('/sign-out', { formToken });
    expect(locationOf(done)).toEqual([303, '/']);
    expect(done.headers.get('clear-site-data')).toBe('"cache", "storage"');
    expect(done.headers.get('cache-control')).toBe('no-store');
    expect(person.cookies.has('sid')).toBe(false);
    person.cookies.set('sid', token);
    expect(await isSignedIn(person)).toBe(false);
    expect(locationOf(await person.submit('/sign-out', { formToken }))).toEqual([303, '/sign-in']);
  });

  test('the front page offers signing up and signing in to strangers', async () => {
    const page = await browser().open('/');
    expect(page.html).toContain('href="/sign-in"');
    expect(page.html).toContain('href="/sign-up"');
    expect(await isSignedIn(browser())).toBe(false);
  });
});

async function signedUp(broker: TestBroker, userName: string): Promise<boolean> {
  const answer = await new CookieBrowser(broker).signIn(userName, PASSWORD);
  return answer.status === 303;
}

eachBroker(
  'signing in over https',
  { ANTI_ROBOT: 'off', PUBLIC_URL: 'https://signpost.example' },
  (broker) => {
    test('cookies are bound to this host and to https', async () => {
      await join(new Browser(broker()), 'safe');
      const person = new CookieBrowser(broker());
      await person.signIn('safe', PASSWORD);
      expect([...person.cookies.keys()].sort()).toEqual(['__Host-device', '__Host-form', '__Host-sid']);
      for (const [name, attributes] of person.attributes) {
        const age = name === '__Host-device' ? `; Max-Age=${365 * DAY}` : '';
        expect(attributes).toBe(`Path=/; HttpOnly; SameSite=Lax; Secure${age}`);
      }
      expect(await isSignedIn(person)).toBe(true);
      const downgraded = new CookieBrowser(broker());
      downgraded.cookies.set('sid', person.cookies.get('__Host-sid') ?? '');
      expect(await isSignedIn(downgraded)).toBe(false);
    });
  },
);

eachBroker('signing in with limits on', { LIMITS: 'on', ANTI_ROBOT: 'off' }, (broker) => {
  test('after five wrong passwords the form says when to come back and keeps what was typed', async () => {
    await join(new Browser(broker()), 'guesser');
    // Confirming has made this network known, which has a budget of its own (S-22): ten tries an hour.
    const answerAfter = async (identifier: string, tries: number): Promise<Answer> => {
      const person = new CookieBrowser(broker());
      const wrong = (): Promise<Answer> => person.signIn(identifier, 'not the right password');
      for (let count = 0; count < tries; count += 1) expect((await wrong()).status).toBe(403);
      return wrong();
    };
    const known = await answerAfter('guesser', 10);
    const unknown = await answerAfter('nobody', 5);
    for (const [answer, typed] of [
      [known, 'guesser'],
      [unknown, 'nobody'],
    ] as const) {
      expect([answer.status, answer.heading]).toEqual([429, 'Sign in']);
      expect(answer.text).toMatch(/Too many tries\. Wait \d+ (second|minute)s?, then try again/);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(answer.input('identifier')?.['value']).toBe(typed);
      expect(answer.input('password')).not.toHaveProperty('value');
    }
    const right = await new CookieBrowser(broker()).signIn('guesser', PASSWORD);
    expect(right.status).toBe(429);
  });
});

eachBroker(
  'too many requests of one network',
  { LIMITS: 'on', LIMIT_ANONYMOUS_REQUESTS_PER_NETWORK_MINUTE: '3' },
  (broker) => {
    test('get a page that says when to come back', async () => {
      const person = new CookieBrowser(broker());
      for (let count = 0; count < 3; count += 1) expect((await person.open('/sign-in')).status).toBe(200);
      const answer = await person.open('/sign-in');
      expect([answer.status, answer.heading]).toEqual([429, 'Too many tries']);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    });
  },
);

import { expect, test } from '@jest/globals';
import { solveChallenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import { eachBroker } from '../support/broker.js';
import { Browser, type Answer } from './browser.js';
import { PASSWORD } from './people.js';

const SECOND = 1_000;

/** What the script of the page puts into the form. */
async function solved(page: Answer): Promise<Record<string, string>> {
  const text = Buffer.from(page.input('robotChallenge')?.['value'] ?? '', 'base64url').toString('utf8');
  const challenge = JSON.parse(text) as Parameters<typeof solveChallenge>[0]['challenge'];
  const solution = await solveChallenge({ challenge, deriveKey });
  return { robotSolution: `${solution?.counter ?? ''}.${solution?.derivedKey ?? ''}` };
}

const challengeIn = (page: Answer): string | undefined => page.input('robotChallenge')?.['value'];

const FORMS = [
  ['/sign-up', 'Sign up', 200, { userName: 'X', email: 'X@example.org', password: PASSWORD }],
  ['/forgot', 'Forgotten your password?', 202, { identifier: 'X' }],
] as const;

eachBroker('the check against robots', { ANTI_ROBOT_WORK: '10' }, (broker) => {
  const browser = (): Browser => new Browser(broker());
  let names = 0;
  const named = (fields: Readonly<Record<string, string>>): Record<string, string> => {
    names += 1;
    return Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [name, value.replace('X', `person${names}`)]),
    );
  };

  test.each(FORMS)(
    '%s carries a riddle, its worker, and words for people without script',
    async (...form) => {
      const [path] = form;
      const page = await browser().open(path);
      expect(challengeIn(page)).toMatch(/^[\w-]{300,}$/);
      expect(page.input('robotSolution')).toMatchObject({ type: 'hidden', autocomplete: 'off' });
      expect(page.html).toMatch(/<form[^>]* data-anti-robot /);
      expect(page.html).toContain('data-patience="20"');
      expect(page.text).toContain('20 seconds after it was opened');
      const [worker = ''] = /\/assets\/anti-robot-worker\.[0-9a-f]{12}\.js/.exec(page.html) ?? [];
      const scripts = [...page.html.matchAll(/<script type="module" src="([^"]+)"><\/script>/g)];
      expect(scripts.map(([, src = '']) => src.replace(/\.[0-9a-f]{12}\./, '.'))).toContain(
        '/assets/anti-robot.js',
      );
      for (const asset of [worker, ...scripts.map(([, src = '']) => src)]) {
        const { status, headers } = await browser().open(asset);
        expect([status, headers.get('content-type')]).toEqual([200, 'text/javascript; charset=utf-8']);
        expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
      }
      for (const word of ['working', 'solved', 'held', 'waiting', 'ready']) {
        expect(page.html).toMatch(new RegExp(`data-${word}="[^"]+"`));
      }
    },
  );

  test.each(FORMS)('%s is taken at once with the solution', async (...form) => {
    const [path, , status, fields] = form;
    const page = await browser().open(path);
    const done = await browser().submit(path, page.filled({ ...named(fields), ...(await solved(page)) }));
    expect(done.status).toBe(status);
  });

  test.each(FORMS)('%s without script waits, and keeps its age when sent too early', async (...form) => {
    const [path, heading, status, fields] = form;
    const page = await browser().open(path);
    broker().clock.advance(5 * SECOND);
    const given = named(fields);
    const early = await browser().submit(path, page.filled(given));
    expect([early.status, early.heading]).toEqual([403, heading]);
    expect(early.text).toContain('Wait 15 seconds, then send the form again');
    expect(challengeIn(early)).toBe(challengeIn(page));
    expect(early.html).toContain('data-patience="15"');
    expect(early.html).not.toContain(PASSWORD);
    const [first = ''] = Object.keys(given);
    expect(early.input(first)?.['value']).toBe(given[first]);
    broker().clock.advance(15 * SECOND);
    expect((await browser().submit(path, early.filled(given))).status).toBe(status);
  });

  test('a mistake in another field costs no second wait, however often', async () => {
    const page = await browser().open('/sign-up');
    broker().clock.advance(20 * SECOND);
    const given = { userName: 'clumsy', email: 'clumsy@example.org', password: PASSWORD };
    let form = page;
    for (const mistake of [{ password: 'short' }, { email: 'nowhere' }, { userName: '<b>' }]) {
      form = await browser().submit('/sign-up', form.filled({ ...given, ...mistake }));
      expect(form.status).toBe(400);
      expect(challengeIn(form)).toBe(challengeIn(page));
    }
    expect((await browser().submit('/sign-up', form.filled(given))).status).toBe(200);
  });

  test('a form counts once; what is missing, wrong, used or too old comes back with a new riddle', async () => {
    const page = await browser().open('/forgot');
    const sent = page.filled({ identifier: 'somebody', ...(await solved(page)) });
    expect((await browser().submit('/forgot', sent)).status).toBe(202);
    const old = await browser().open('/forgot');
    broker().clock.advance(20 * 60 * SECOND);
    const fresh = await browser().open('/forgot');
    const refused: [Record<string, string>, RegExp][] = [
      [sent, /open for too long|sent before/],
      [{ identifier: 'somebody' }, /was missing/],
      [{ identifier: 'somebody', robotChallenge: 'x"><b>' }, /did not work out/],
      [fresh.filled({ identifier: 'somebody', robotSolution: '1.00' }), /did not work out/],
      [old.filled({ identifier: 'somebody' }), /open for too long/],
    ];
    for (const [fields, words] of refused) {
      const again = await browser().submit('/forgot', fields);
      expect([again.status, again.heading]).toEqual([403, 'Forgotten your password?']);
      expect(again.text).toMatch(words);
      expect(again.input('identifier')?.['value']).toBe('somebody');
      expect(challengeIn(again)).not.toBe(fields['robotChallenge']);
      expect(again.html).not.toContain('<b>');
      const mended = again.filled({ identifier: 'somebody', ...(await solved(again)) });
      expect((await browser().submit('/forgot', mended)).status).toBe(202);
    }
  });

  test('nothing is counted or sent for a form that did not pass', async () => {
    const given = { userName: 'robot', email: 'robot@example.org', password: PASSWORD };
    expect((await browser().submit('/sign-up', given)).status).toBe(403);
    expect(await broker().mailbox.to('robot@example.org')).toEqual([]);
  });

  test.each(['/sign-in', '/confirm', '/reset', '/setup'])('%s does without', async (path) => {
    expect((await browser().open(path)).html).not.toContain('robotChallenge');
  });
});

eachBroker('a broker without the check', { ANTI_ROBOT: 'off' }, (broker) => {
  test('asks for nothing', async () => {
    const browser = new Browser(broker());
    for (const path of ['/sign-up', '/forgot']) {
      expect((await browser.open(path)).html).not.toMatch(/robot/i);
    }
    expect((await browser.submit('/forgot', { identifier: 'x' })).status).toBe(202);
  });
});

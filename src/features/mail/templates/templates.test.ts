import { describe, expect, test } from '@jest/globals';
import { loadConfig } from '../../../config/index.js';
import { composeLetter } from '../letter.js';
import type { Mail } from '../mail.js';
import { renderHtml } from './html.js';
import { renderText } from './text.js';

const SITE = 'https://signpost.example';
const config = loadConfig({ PUBLIC_URL: SITE });
const TOKEN = 'a'.repeat(64);

const mails = {
  confirm: { kind: 'confirm-address', userName: 'anna', token: TOKEN },
  attempt: { kind: 'sign-up-attempt', userName: 'anna' },
  linked: linkWaiting({}),
  guest: linkWaiting({ linkKind: 'guest', requester: null }),
  invitation: { kind: 'sign-up-invitation', requester: 'bob', serverName: 'Den', token: TOKEN },
  nameless: { kind: 'sign-up-invitation', requester: null, serverName: 'Den', token: TOKEN },
  reset: { kind: 'reset-password', userName: 'anna', token: TOKEN },
  changed: { kind: 'password-changed', userName: 'anna' },
  newAddress: { kind: 'confirm-new-address', userName: 'anna', token: TOKEN },
  oldAddress: { kind: 'address-changing', userName: 'anna', token: TOKEN },
  unlock: { kind: 'unlock-sign-in', userName: 'anna', token: TOKEN },
  newDevice: { kind: 'new-device', userName: 'anna', app: 'Kino for TV', deviceName: 'Living room' },
  tokenReused: { kind: 'token-reused', userName: 'anna', app: 'Kino for TV', deviceName: 'Living room' },
  deviceEnded: { kind: 'device-ended', userName: 'anna', app: 'Kino for TV', deviceName: 'Living room' },
  deleted: { kind: 'account-deleted', userName: 'anna' },
} satisfies Record<string, Mail>;

function linkWaiting(given: Partial<Extract<Mail, { kind: 'link-waiting' }>>): Mail {
  return {
    kind: 'link-waiting',
    userName: 'anna',
    serverName: 'Den',
    serverHost: 'media.example.org',
    systemId: '0123456789abcdef0123456789abcdef',
    linkKind: 'linked',
    requester: 'bob',
    token: TOKEN,
    ...given,
  };
}

function render(mail: Mail): { subject: string; text: string; html: string } {
  const letter = composeLetter(mail, config);
  return { subject: letter.subject, text: renderText(letter), html: renderHtml(letter) };
}

/** What a reader of the HTML sees, blanks aside. */
function visible(html: string): string {
  const body = /<body[^>]*>(.*)<\/body>/s.exec(html)?.[1] ?? '';
  return body
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replaceAll('&quot;', '"');
}

const words = (text: string): string[] => text.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));

describe.each(Object.entries<Mail>(mails))('the mail "%s"', (_name, mail) => {
  const { subject, text, html } = render(mail);

  test('reads as expected', () => {
    expect(`${subject}\n\n${text}`).toMatchSnapshot();
  });

  test('says the same in text and HTML', () => {
    const inHtml = new Set(words(visible(html)));
    expect(words(text).filter((word) => !inHtml.has(word) && !inHtml.has(word.replace(/:$/, '')))).toEqual(
      [],
    );
  });

  test('has lines of at most 78 columns but for the link, which has its own', () => {
    const long = text.split('\n').filter((line) => line.length > 78);
    expect(long.every((line) => line.startsWith(`${SITE}/`) && !line.includes(' '))).toBe(true);
  });

  test('links to the broker only and loads nothing (S-93)', () => {
    const addresses = [...`${text}${html}`.matchAll(/[a-z]+:\/\/[^\s"<]*/g)].map(([address]) => address);
    expect(addresses.filter((address) => address !== SITE && !address.startsWith(`${SITE}/`))).toEqual([]);
    expect(html).not.toMatch(/<(img|link|script|style|iframe|object)|url\(|src=/i);
  });

  test('has no secret in the subject (S-53)', () => {
    expect(subject).not.toContain(TOKEN);
  });
});

describe('links', () => {
  test.each([
    [mails.confirm, `${SITE}/confirm?token=${TOKEN}`],
    [mails.linked, `${SITE}/invitations?token=${TOKEN}`],
    [mails.invitation, `${SITE}/sign-up?invitation=${TOKEN}`],
    [mails.reset, `${SITE}/reset?token=${TOKEN}`],
    [mails.changed, `${SITE}/forgot`],
    [mails.newAddress, `${SITE}/confirm-address?token=${TOKEN}`],
    [mails.oldAddress, `${SITE}/revert-address?token=${TOKEN}`],
    [mails.unlock, `${SITE}/unlock?token=${TOKEN}`],
    [mails.newDevice, `${SITE}/devices`],
    [mails.deviceEnded, `${SITE}/devices`],
  ] as const)('lead to the page for the mail', (mail, link) => {
    const { text, html } = render(mail);
    expect(text.split('\n')).toContain(link);
    expect(html).toContain(`href="${link}"`);
  });

  test.each([mails.attempt, mails.deleted])('are missing where there is nothing to open', (mail) => {
    expect(composeLetter(mail, config).action).toBeNull();
  });

  test('hold a token of any characters', () => {
    const { text } = render({ ...mails.confirm, token: 'a&b=c d' });
    expect(text).toContain('/confirm?token=a%26b%3Dc%20d\n');
  });
});

describe('hostile names', () => {
  const hostile = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    'http://evil.example/win',
    'Den\r\nBcc: victim@evil.example\r\n\r\nhello',
    '\u202egnp.exe\u202c www.evil.example',
    '🎬'.repeat(64),
    'x'.repeat(500),
    '&lt;b&gt;',
  ];

  /** The mail with that name wherever a name goes. */
  const named = (mail: Mail, name: string): Mail => {
    const fields = ['userName', 'serverName', 'serverHost', 'systemId', 'requester', 'app', 'deviceName'];
    return { ...mail, ...Object.fromEntries(fields.filter((f) => f in mail).map((f) => [f, name])) };
  };
  const cases = Object.entries<Mail>(mails).flatMap(([which, mail]) =>
    hostile.map((name) => [which, name, named(mail, name)] as const),
  );

  test.each(cases)('in the mail "%s" %j stay text on one line, and no link (S-93)', (_which, _name, mail) => {
    const { subject, text, html } = render(mail);
    for (const part of [subject, text, visible(html)]) {
      expect(part.replaceAll(SITE, '')).not.toMatch(/:\/\/|\w\.\w|\w@\w/);
      expect(part).not.toMatch(/[^\P{C}\n]/u);
    }
    expect(subject).not.toMatch(/\n/);
    expect(html).not.toMatch(/<script|<img|<b>/);
    const lines = text.split('\n').filter((line) => !line.startsWith(SITE));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(79);
  });

  test.each([mails.newDevice, mails.deviceEnded])(
    'of a device are in quotes in the $kind mail, and not in its subject',
    (mail) => {
      const letter = composeLetter({ ...mail, app: 'Call "us"', deviceName: 'TV\nx' }, config);
      expect(letter.facts).toEqual([
        ['App', "“Call 'us'”"],
        ['Device', '“TV x”'],
      ]);
      expect(letter.subject).toBe(composeLetter(mail, config).subject);
    },
  );
});

describe('lifetimes', () => {
  test.each([
    ['86400', '24 hours'],
    ['3600', '1 hour'],
    ['5400', '1 hour'],
    ['172800', '2 days'],
    ['900', '15 minutes'],
    ['5', '1 minute'],
  ])('of %s seconds are %s', (seconds, expected) => {
    const letter = composeLetter(mails.confirm, loadConfig({ VERIFICATION_TTL_SECONDS: seconds }));
    expect(letter.notes[0]).toBe(`The link works once, for ${expected}.`);
  });
  test.each([
    ['reset-password', mails.reset, { RESET_TTL_SECONDS: '1800' }, '30 minutes'],
    ['confirm-new-address', mails.newAddress, { VERIFICATION_TTL_SECONDS: '7200' }, '2 hours'],
    ['address-changing', mails.oldAddress, { ADDRESS_REVERT_TTL_SECONDS: '259200' }, '3 days'],
  ] as const)('are said in the mail "%s"', (_kind, mail, settings, expected) => {
    expect(composeLetter(mail, loadConfig(settings)).notes[0]).toContain(` for ${expected}`);
  });
});

import { describe, expect, test } from '@jest/globals';
import { smtpOptions } from './smtp-options.js';

const timeouts = { connect: 1, silence: 2, whole: 3 };

describe('SMTP_URL', () => {
  test.each([
    ['smtp://mail.example.org', { host: 'mail.example.org', port: 587, secure: false, requireTLS: true }],
    ['smtp://mail.example.org:25', { port: 25, secure: false, requireTLS: true }],
    ['smtp://mail.example.org:465', { port: 465, secure: true }],
    ['smtps://mail.example.org', { port: 465, secure: true }],
    ['smtps://[2001:db8::1]:2465', { host: '2001:db8::1', port: 2465, secure: true }],
    ['smtp://127.0.0.1:1025', { host: '127.0.0.1', port: 1025, secure: false, requireTLS: false }],
    ['smtp://[::1]', { host: '::1', requireTLS: false }],
    ['smtp://127.0.0.1.example.org', { requireTLS: true }],
  ])('%s means %j', (url, expected) => {
    expect(smtpOptions(url, timeouts)).toMatchObject(expected);
  });

  test('certificates are verified, whatever its query says, except on this machine (S-90)', () => {
    const far = smtpOptions(
      'smtp://mail.example.org?requireTLS=false&ignoreTLS=true&tls.rejectUnauthorized=false',
      timeouts,
    );
    expect(far).toMatchObject({ requireTLS: true, tls: { rejectUnauthorized: true } });
    expect(far).not.toHaveProperty('ignoreTLS');
    expect(smtpOptions('smtp://localhost', timeouts).tls).toMatchObject({ rejectUnauthorized: false });
  });

  test('user and password are decoded', () => {
    expect(smtpOptions('smtp://a%40b:p%3Aq%2F@mail.example.org', timeouts).auth).toEqual({
      user: 'a@b',
      pass: 'p:q/',
    });
    expect(smtpOptions('smtp://mail.example.org', timeouts)).not.toHaveProperty('auth');
  });
});

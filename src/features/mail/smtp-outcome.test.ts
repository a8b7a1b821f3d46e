import { describe, expect, test } from '@jest/globals';
import { whatBecameOf } from './smtp-outcome.js';

describe('what a mail server answered', () => {
  test.each([
    ['RCPT TO', 550, { refused: '550 5.1.1 at RCPT TO' }],
    ['DATA', 554, { refused: '554 5.1.1 at DATA' }],
    ['RCPT TO', 451, { retry: '451 5.1.1 at RCPT TO' }],
    ['DATA', 421, { retry: '421 5.1.1 at DATA' }],
    ['MAIL FROM', 550, { retry: '550 5.1.1 at MAIL FROM' }],
    ['AUTH PLAIN', 535, { retry: '535 5.1.1 at AUTH PLAIN' }],
    ['CONN', 554, { retry: '554 5.1.1 at CONN' }],
  ])(
    'at %s with %d is %j: a 5xx counts only where it is about the recipient',
    (command, responseCode, expected) => {
      const response = `${responseCode} 5.1.1 no thanks`;
      expect(whatBecameOf({ command, responseCode, response })).toEqual(expected);
    },
  );

  test('is never repeated word by word: it may quote a link (S-53)', () => {
    const response = '554 blocked URL https://signpost.example/confirm?token=abcdef';
    const message = `Message failed: ${response}`;
    const delivery = whatBecameOf({
      code: 'EMESSAGE',
      command: 'DATA',
      responseCode: 554,
      response,
      message,
    });
    expect(delivery).toEqual({ refused: '554 at DATA' });
  });

  test('nothing at all is trouble that may pass', () => {
    expect(whatBecameOf({ code: 'ESOCKET', command: 'CONN', message: 'connect\nECONNREFUSED' })).toEqual({
      retry: 'ESOCKET: connect ECONNREFUSED',
    });
    expect(whatBecameOf(undefined)).toEqual({ retry: 'error: ' });
  });

  test('an address that cannot even be said is refused', () => {
    expect(whatBecameOf({ code: 'EENVELOPE', command: 'API', message: 'Invalid recipient' })).toEqual({
      refused: 'EENVELOPE: Invalid recipient',
    });
  });
});

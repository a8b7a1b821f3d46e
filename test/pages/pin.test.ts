import { expect, test } from '@jest/globals';
import { Device } from '../simulator/device.js';
import { eachBroker } from '../support/broker.js';
import { Browser, type Answer } from './browser.js';
import { join, PASSWORD } from './people.js';

const MINUTE = 60_000;

eachBroker('linking a TV on the pages', { ANTI_ROBOT: 'off' }, (broker) => {
  const browser = (): Browser => new Browser(broker());
  const tv = (name = 'Living Room'): Device => new Device({ broker: broker().url, deviceId: name });

  const check = async (identifier: string, pin: string): Promise<Answer> => {
    const form = await browser().open('/pin');
    return browser().submit('/pin', form.filled({ pin, identifier, password: PASSWORD }));
  };

  test('a person types the PIN, signs in, looks at the device, says yes', async () => {
    await join(browser(), 'ann');
    const device = tv();
    const pin = await device.createPin();
    broker().clock.advance(42_000);
    const typed = ` ${pin.pin.slice(0, 4).toLowerCase()}-${pin.pin.slice(4)} `;
    const step = await check('ann', typed);
    expect([step.status, step.heading]).toEqual([200, 'Is this your device?']);
    expect(step.text).toContain('signed in as ann');
    expect(step.text).toContain('Living Room');
    expect(step.text).toContain('Theater');
    expect(step.text).toContain('42 seconds ago');
    expect(step.text).toContain('the same as yours');
    expect(step.text).toContain('Did somebody send you this PIN');
    expect((await device.pollPin(pin)).IsConfirmed).toBe(false);
    const done = await browser().submit('/pin', step.filled());
    expect([done.status, done.heading]).toEqual([200, 'Done']);
    expect((await device.pollPin(pin)).IsConfirmed).toBe(true);
    await device.exchangePin(pin);
    expect(await device.servers()).toEqual([]);
  });

  test.each(['/pin', '/pin.html', '/link', '/PIN', '/link/'])('%s shows the form', async (path) => {
    const page = await browser().open(path);
    expect([page.status, page.heading]).toEqual([200, 'Link a TV']);
    expect(page.inputs().map(({ name, autocomplete }) => [name, autocomplete])).toEqual([
      ['pin', 'one-time-code'],
      ['identifier', 'username'],
      ['password', 'current-password'],
    ]);
  });

  test('a link fills the PIN in, and confirms nothing', async () => {
    const device = tv();
    const pin = await device.createPin();
    const page = await browser().open(`/pin?pin=${pin.pin}`);
    expect(page.input('pin')?.['value']).toBe(pin.pin);
    expect((await device.pollPin(pin)).IsConfirmed).toBe(false);
    const evil = await browser().open(`/pin?pin=${encodeURIComponent('"><script>alert(1)</script>')}`);
    expect(evil.html).not.toContain('<script>');
    expect(evil.input('pin')?.['value']).toBe('"><script>alert(1)</script>');
  });

  test('a wrong password looks the same for an account that exists and one that does not', async () => {
    await join(browser(), 'exists');
    const { pin } = await tv().createPin();
    const send = (identifier: string): Promise<Answer> =>
      browser().submit('/pin', { pin, identifier, password: 'not the right password' });
    const [known, unknown] = [await send('exists'), await send('nobody')];
    expect(known.status).toBe(403);
    expect(unknown.status).toBe(403);
    expect(known.html.replaceAll('exists', 'X')).toBe(unknown.html.replaceAll('nobody', 'X'));
    expect(known.described('password')).toContain('is wrong');
    expect(known.input('pin')?.['value']).toBe(pin);
    expect(known.html).not.toContain('not the right password');
  });

  test('wrong, expired and confirmed PINs give one answer beside the field', async () => {
    await join(browser(), 'pat');
    const [expired, confirmed] = [await tv('one').createPin(), await tv('two').createPin()];
    await browser().submit('/pin', (await check('pat', confirmed.pin)).filled());
    broker().clock.advance(10 * MINUTE);
    const answers = await Promise.all(
      [expired.pin, confirmed.pin, 'BBBBBBBB', 'hello', ''].map((pin) => check('pat', pin)),
    );
    for (const answer of answers) {
      expect(answer.status).toBe(404);
      expect(answer.described('pin')).toContain('wrong, used or too old');
      expect(answer.input('identifier')?.['value']).toBe('pat');
    }
  });

  test('the second step is over after five minutes', async () => {
    await join(browser(), 'slow');
    const device = tv();
    const pin = await device.createPin();
    const step = await check('slow', pin.pin);
    broker().clock.advance(5 * MINUTE);
    const late = await browser().submit('/pin', step.filled());
    expect([late.status, late.heading]).toEqual([410, 'That took too long']);
    expect(late.html).toContain('href="/pin"');
    expect((await device.pollPin(pin)).IsConfirmed).toBe(false);
  });

  test('a ticket that was invented or changed gives the same answer as one that is too old', async () => {
    await join(browser(), 'mallory');
    const device = tv();
    const pin = await device.createPin();
    const ticket = (await check('mallory', pin.pin)).input('ticket')?.['value'] ?? '';
    expect(ticket).not.toContain(pin.pin);
    const changed = ticket.slice(0, -2) + (ticket.endsWith('AA') ? 'BB' : 'AA');
    const answers = await Promise.all(
      [changed, 'x', 'encrypt-1.', '.', ticket.slice(10)].map((value) =>
        browser().submit('/pin', { ticket: value, accountId: '1', pin: pin.pin }),
      ),
    );
    for (const { status } of answers) expect(status).toBe(410);
    expect((await device.pollPin(pin)).IsConfirmed).toBe(false);
    const unsealed = broker().log.messages('error');
    expect(unsealed).toEqual([]);
  });

  test('two clicks confirm once; the second says to look at the device', async () => {
    await join(browser(), 'double');
    const device = tv();
    const pin = await device.createPin();
    const step = await check('double', pin.pin);
    const answers = await Promise.all([1, 2].map(() => browser().submit('/pin', step.filled())));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404]);
    expect(answers.find(({ status }) => status === 404)?.text).toContain('it may be signed in');
    expect((await device.pollPin(pin)).IsConfirmed).toBe(true);
  });

  test('names of apps and devices are text, on one line, whatever they hold', async () => {
    await join(browser(), 'xss');
    const app = { name: '<img src=x onerror=alert(1)>', version: '1' };
    const hostile = `"'><script>alert(2)</script>\u202Egpj.exe ${'x'.repeat(150)}`;
    const pin = await new Device({ broker: broker().url, app, deviceId: hostile }).createPin();
    const step = await check('xss', pin.pin);
    expect(step.status).toBe(200);
    expect(step.html).not.toMatch(/<script>|<img src=x|\u202e/);
    expect(step.text).toContain('<img src=x onerror=alert(1)>');
    expect(step.text).toContain('<script>alert(2)</script>');
    expect(step.text).not.toContain('x'.repeat(64));
  });
});

eachBroker('linking a TV with limits on', { LIMITS: 'on', ANTI_ROBOT: 'off' }, (broker) => {
  test('after five wrong PINs the page says when to come back', async () => {
    const browser = new Browser(broker());
    await join(browser, 'guesser');
    const guess = { pin: 'BBBBBBBB', identifier: 'guesser', password: PASSWORD };
    for (let tries = 0; tries < 5; tries += 1) await browser.submit('/pin', guess);
    const answer = await browser.submit('/pin', guess);
    expect([answer.status, answer.heading]).toEqual([429, 'Too many tries']);
    expect(answer.text).toMatch(/Wait \d+ minutes?, then try again/);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(60);
  });
});

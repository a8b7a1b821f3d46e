import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { HeldTransport } from '../../src/features/mail/held-transport.js';
import type { MailTransport, RenderedMail } from '../../src/features/mail/index.js';
import { LogTransport } from '../../src/features/mail/log-transport.js';
import { chooseTransport } from '../../src/features/mail/mail.module.js';
import { SmtpTransport } from '../../src/features/mail/smtp-transport.js';
import { RecordingLog } from '../support/recording-log.js';
import { RecordingTransport } from '../support/recording-transport.js';

const FROM = 'Signpost <signpost@broker.example>';
const mail: RenderedMail = {
  messageId: '<0123@broker.example>',
  to: 'Anna@example.org',
  subject: 'The media server “Den” waits for your answer',
  text: 'Hello “anna”,\n\nhttps://broker.example/confirm?token=abc\n',
  html: '<!doctype html><p>Hello “anna”,</p>',
  link: 'https://broker.example/confirm?token=abc',
  stopLink: null,
};

interface Received {
  readonly from: string;
  readonly to: string[];
  readonly source: string;
  readonly secure: boolean;
}

/** A real SMTP server on this machine that keeps what it is given. */
class Mailbox {
  readonly received: Received[] = [];
  readonly #server: SMTPServer;

  constructor(options: SMTPServerOptions = {}) {
    this.#server = new SMTPServer({
      authOptional: true,
      logger: false,
      hideSTARTTLS: true,
      onData: (stream, session, done) => {
        let source = '';
        stream.on('data', (chunk: Buffer) => (source += chunk.toString('latin1')));
        stream.on('end', () => {
          const { mailFrom, rcptTo } = session.envelope;
          const from = mailFrom === false ? '' : mailFrom.address;
          const to = rcptTo.map(({ address }) => address);
          this.received.push({ from, to, source, secure: session.secure });
          done();
        });
      },
      ...options,
    });
    // Clients that hang up on a certificate are what some tests are about.
    this.#server.on('error', () => undefined);
  }

  async open(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return (this.#server.server.address() as AddressInfo).port;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(resolve));
  }
}

const smtpError = (code: number, text: string): Error =>
  Object.assign(new Error(text), { responseCode: code });

/** Undoes quoted-printable. */
function decoded(source: string): string {
  const bytes = source
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_whole, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

const cleanUp: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function mailbox(options?: SMTPServerOptions): Promise<{ box: Mailbox; port: number }> {
  const box = new Mailbox(options);
  const port = await box.open();
  cleanUp.push(() => box.close());
  return { box, port };
}

/** Nothing here waits for so long: a mail server that is slow because the machine is shall not be left. */
const PATIENT = { connect: 60_000, silence: 60_000, whole: 120_000 };

function smtp(url: string, timeouts = PATIENT): SmtpTransport {
  const transport = new SmtpTransport({ url, from: FROM }, timeouts);
  cleanUp.push(() => transport.close());
  return transport;
}

const everyTransport: [string, () => Promise<MailTransport>][] = [
  ['SMTP', async () => smtp(`smtp://127.0.0.1:${(await mailbox()).port}`)],
  ['the log', () => Promise.resolve(new LogTransport(new RecordingLog(), { write: () => undefined }))],
  ['the test recorder', () => Promise.resolve(new RecordingTransport())],
];

describe.each(everyTransport)('a mail transport: %s', (_name, make) => {
  let transport: MailTransport;
  beforeEach(async () => {
    transport = await make();
  });

  test('delivers, and says that it was sent', async () => {
    expect(transport.delivers).toBe(true);
    expect(await transport.send(mail)).toBe('sent');
  });

  test('takes several mails at once', async () => {
    const deliveries = await Promise.all([1, 2, 3].map(() => transport.send(mail)));
    expect(deliveries).toEqual(['sent', 'sent', 'sent']);
  });

  test('can be closed, and closed again', () => {
    transport.close();
    expect(() => transport.close()).not.toThrow();
  });
});

describe('SMTP', () => {
  test('carries text, HTML, subject and a Message-ID, from the sender of the settings (S-90)', async () => {
    const { box, port } = await mailbox();
    await smtp(`smtp://127.0.0.1:${port}`).send(mail);
    const [received] = box.received;
    expect(received).toMatchObject({ from: 'signpost@broker.example', to: ['Anna@example.org'] });
    const source = received?.source ?? '';
    expect(source).toMatch(/^Message-ID: <0123@broker\.example>\r$/m);
    expect(source).toMatch(/^From: Signpost <signpost@broker\.example>\r$/m);
    expect(source).toMatch(/^To: Anna@example\.org\r$/m);
    expect(source).toMatch(/^Auto-Submitted: auto-generated\r$/m);
    expect(source).toMatch(/^Content-Type: multipart\/alternative/m);
    expect(decoded(source)).toContain('https://broker.example/confirm?token=abc');
    expect(decoded(source)).toContain('<p>Hello “anna”,</p>');
  });

  test('signs in with the user and password of SMTP_URL', async () => {
    const seen: unknown[] = [];
    const { port } = await mailbox({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: ({ username, password }, _session, done) => {
        seen.push([username, password]);
        done(null, { user: username });
      },
    });
    expect(await smtp(`smtp://us%40er:p%2Fw@127.0.0.1:${port}`).send(mail)).toBe('sent');
    expect(seen).toEqual([['us@er', 'p/w']]);
  });

  test.each([
    ['a second recipient', 'anna@example.org, eve@evil.example'],
    ['a group', 'x: anna@example.org, eve@evil.example;'],
    ['angle brackets', 'eve@evil.example <anna@example.org>'],
    ['a line break', 'anna@example.org\r\nBcc: eve@evil.example'],
    ['a second command', 'anna@example.org>\r\nRCPT TO:<eve@evil.example'],
  ])('an address with %s never reaches anybody else (S-91)', async (_what, to) => {
    const { box, port } = await mailbox();
    await smtp(`smtp://127.0.0.1:${port}`).send({ ...mail, to });
    const reached = box.received.flatMap((received) => received.to);
    expect(reached).not.toContain('eve@evil.example');
    expect(reached.length).toBeLessThan(2);
    expect(box.received.map(({ source }) => source).join()).not.toMatch(/^Bcc:/im);
  });

  test('a subject with line breaks makes no header', async () => {
    const { box, port } = await mailbox();
    await smtp(`smtp://127.0.0.1:${port}`).send({
      ...mail,
      subject: 'x\r\nBcc: eve@evil.example\r\n\r\nbody',
    });
    expect(box.received[0]?.to).toEqual(['Anna@example.org']);
    expect(box.received[0]?.source).not.toMatch(/^(Bcc|body)/im);
  });

  test('the mail cannot name files or addresses to read', async () => {
    const { box, port } = await mailbox();
    const hostile = { path: '/etc/passwd' } as unknown as string;
    const delivery = await smtp(`smtp://127.0.0.1:${port}`).send({ ...mail, text: hostile });
    expect(delivery).toMatchObject({ retry: expect.stringContaining('File access rejected') });
    expect(box.received).toEqual([]);
  });

  describe('failing', () => {
    test.each([
      [550, { refused: '550 at RCPT TO' }],
      [451, { retry: '451 at RCPT TO' }],
    ])('a recipient answered with %d ends as %j (R-21)', async (code, expected) => {
      const onRcptTo: SMTPServerOptions['onRcptTo'] = (_address, _session, done) =>
        done(smtpError(code, 'no'));
      const { port } = await mailbox({ onRcptTo });
      expect(await smtp(`smtp://127.0.0.1:${port}`).send(mail)).toEqual(expected);
    });

    test('a mail refused after it was read ends as refused, and its words are not repeated (S-53)', async () => {
      const { port } = await mailbox({
        onData: (stream, _session, done) => {
          stream.resume();
          stream.on('end', () => done(smtpError(554, 'spam: https://broker.example/confirm?token=abc')));
        },
      });
      expect(await smtp(`smtp://127.0.0.1:${port}`).send(mail)).toEqual({ refused: '554 at DATA' });
    });

    test('our own password refused is no fault of the recipient', async () => {
      const { port } = await mailbox({
        allowInsecureAuth: true,
        onAuth: (_auth, _session, done) => done(smtpError(535, 'wrong password')),
      });
      expect(await smtp(`smtp://u:p@127.0.0.1:${port}`).send(mail)).toMatchObject({
        retry: expect.stringMatching(/^535 /),
      });
    });

    test('our own sender refused is no fault of the recipient', async () => {
      const { port } = await mailbox({ onMailFrom: (_from, _session, done) => done(smtpError(550, 'who?')) });
      expect(await smtp(`smtp://127.0.0.1:${port}`).send(mail)).toEqual({ retry: '550 at MAIL FROM' });
    });

    test('nobody listening is trouble that may pass', async () => {
      const { box, port } = await mailbox();
      await box.close();
      expect(await smtp(`smtp://127.0.0.1:${port}`).send(mail)).toMatchObject({
        retry: expect.stringContaining('ECONNREFUSED'),
      });
    });
  });

  describe('TLS (S-90)', () => {
    // 0.0.0.0 reaches this machine and is not taken for it: what a mail server on the network looks like.
    test('is demanded of a mail server on another host: nothing is sent without', async () => {
      const { box, port } = await mailbox({ disabledCommands: ['STARTTLS'] });
      expect(await smtp(`smtp://0.0.0.0:${port}`).send(mail)).toMatchObject({
        retry: expect.stringContaining('STARTTLS'),
      });
      expect(box.received).toEqual([]);
    });

    test('with a certificate that nobody vouches for is not enough', async () => {
      const { box, port } = await mailbox({ hideSTARTTLS: false });
      expect(await smtp(`smtp://0.0.0.0:${port}`).send(mail)).toMatchObject({
        retry: expect.stringMatching(/certificate|altnames/i),
      });
      expect(box.received).toEqual([]);
    });

    test('is used with this machine too where it is offered', async () => {
      const { box, port } = await mailbox({ hideSTARTTLS: false });
      expect(await smtp(`smtp://127.0.0.1:${port}`).send(mail)).toBe('sent');
      expect(box.received[0]?.secure).toBe(true);
    });
  });

  describe('a tarpit', () => {
    let tarpit: Server;
    let port: number;
    let visitors: Socket[];

    /** Greets, and then answers nothing for ever, or a byte now and then. */
    beforeEach(async () => {
      visitors = [];
      tarpit = createServer((socket) => {
        visitors.push(socket);
        socket.on('error', () => undefined);
        socket.write('220 slow ESMTP\r\n');
      });
      await new Promise<void>((resolve) => tarpit.listen(0, '127.0.0.1', resolve));
      port = (tarpit.address() as AddressInfo).port;
      cleanUp.push(() => {
        for (const visitor of visitors) visitor.destroy();
        tarpit.close();
      });
    });

    test('is left after a silence', async () => {
      const transport = smtp(`smtp://127.0.0.1:${port}`, { connect: 5_000, silence: 50, whole: 5_000 });
      expect(await transport.send(mail)).toMatchObject({ retry: expect.stringContaining('ETIMEDOUT') });
    });

    test('is left at the deadline, however often it says something', async () => {
      const drip = setInterval(() => {
        for (const visitor of visitors) visitor.write('250-wait\r\n');
      }, 10);
      cleanUp.push(() => clearInterval(drip));
      const transport = smtp(`smtp://127.0.0.1:${port}`, { connect: 5_000, silence: 1_000, whole: 100 });
      expect(await transport.send(mail)).toMatchObject({ retry: expect.stringContaining('EABORT') });
    });

    test('is cut by close(), and nothing is begun after it', async () => {
      const transport = smtp(`smtp://127.0.0.1:${port}`);
      const sending = transport.send(mail);
      while (visitors.length === 0) await new Promise((resolve) => setImmediate(resolve));
      transport.close();
      expect(await sending).toMatchObject({ retry: expect.stringContaining('EABORT') });
      expect(await transport.send(mail)).toEqual({ retry: 'the broker is stopping' });
    });
  });
});

describe('the log', () => {
  test('is given one line with all that a newcomer needs', async () => {
    const log = new RecordingLog();
    const written: string[] = [];
    await new LogTransport(log, { write: (text) => written.push(text) }).send(mail);
    const { to, subject, link, text } = mail;
    expect(log.lines).toEqual([{ level: 'info', fields: { to, subject, link, text }, message: 'mail' }]);
    expect(written).toEqual([]);
  });

  test('is repeated in short for a person at a terminal', async () => {
    const written: string[] = [];
    const terminal = { isTTY: true, write: (text: string) => written.push(text) };
    await new LogTransport(new RecordingLog(), terminal).send({ ...mail, to: 'a\u001b[2J@example.org' });
    expect(written.join('')).toBe(
      `\n  Mail to a[2J@example.org: ${mail.subject}\n  https://broker.example/confirm?token=abc\n\n`,
    );
  });
});

describe('a held mail', () => {
  test('is not delivered', async () => {
    const held = new HeldTransport();
    expect(held.delivers).toBe(false);
    expect(await held.send()).toEqual({ retry: 'no mail server is set (SMTP_URL)' });
  });
});

describe('the settings', () => {
  test.each([
    ['smtp://mail.example.org', true, SmtpTransport],
    ['smtp://mail.example.org', false, SmtpTransport],
    [undefined, true, LogTransport],
    [undefined, false, HeldTransport],
  ])('SMTP_URL %s and loopback only %s choose the way out', (smtpUrl, loopbackOnly, kind) => {
    const chosen = chooseTransport({ smtpUrl, loopbackOnly, mailFrom: FROM }, new RecordingLog());
    expect(chosen).toBeInstanceOf(kind);
  });
});

/** A mail server that can be slow, away, or refuse, and keeps count of what it was given. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

/** @typedef {'well' | 'tarpit' | 'down'} Mode */

const TARPIT_MS = 30_000;

export class PostOffice {
  /** @type {Mode} */
  mode = 'well';
  /** Message-ID → how often it was taken. @type {Map<string, number>} */
  taken = new Map();
  /** Message-ID → when it was taken first, by `performance.now()`. @type {Map<string, number>} */
  firstTaken = new Map();
  /** Recipient → Message-IDs. @type {Map<string, Set<string>>} */
  byRecipient = new Map();
  /** When somebody came with mail for whom: recipient → moments of `performance.now()`. @type {Map<string, number[]>} */
  tries = new Map();
  /** What a recipient's mail is answered. @type {(recipient: string) => string} */
  answer = () => '250 taken';
  /** @type {Set<import('node:net').Socket>} */
  #sockets = new Set();
  #server = createServer((socket) => this.#accept(socket));

  /** @param {import('./stage.mjs').Stage} stage */
  static async on(stage) {
    const office = new PostOffice();
    office.#server.listen(0, '127.0.0.1');
    await once(office.#server, 'listening');
    stage.atEnd(() => office.#close());
    return office;
  }

  get url() {
    const address = this.#server.address();
    return `smtp://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }

  #close() {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** @param {import('node:net').Socket} socket */
  #accept(socket) {
    if (this.mode === 'down') {
      socket.resetAndDestroy();
      return;
    }
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket)).on('error', () => undefined);
    const say = (/** @type {string} */ line) => {
      const speak = () => {
        if (socket.writable) socket.write(`${line}\r\n`);
      };
      if (this.mode === 'tarpit') setTimeout(speak, TARPIT_MS).unref();
      else speak();
    };
    say('220 post.example ESMTP');
    const talk = { recipient: '', id: '', isLetter: false };
    createInterface({ input: socket })
      .on('line', (line) => this.#hear(line, talk, say))
      // A sender that was killed.
      .on('error', () => undefined);
  }

  /** @param {string} line @param {{ recipient: string, id: string, isLetter: boolean }} talk @param {(line: string) => void} say */
  #hear(line, talk, say) {
    if (talk.isLetter) {
      talk.id = /^message-id: (\S+)/i.exec(line)?.[1] ?? talk.id;
      if (line !== '.') return;
      talk.isLetter = false;
      this.#take(talk);
      say('250 taken');
      return;
    }
    const recipient = /^RCPT TO:<([^>]*)>/i.exec(line)?.[1];
    if (recipient !== undefined) {
      talk.recipient = recipient;
      this.tries.set(recipient, [...(this.tries.get(recipient) ?? []), performance.now()]);
    }
    talk.isLetter = /^DATA$/i.test(line);
    say(this.#replyTo(line, recipient));
  }

  /** @param {string} line @param {string | undefined} recipient */
  #replyTo(line, recipient) {
    if (recipient !== undefined) return this.answer(recipient);
    if (/^DATA$/i.test(line)) return '354 go on';
    return /^QUIT$/i.test(line) ? '221 bye' : '250 well';
  }

  /** @param {{ recipient: string, id: string }} talk */
  #take({ recipient, id }) {
    this.taken.set(id, (this.taken.get(id) ?? 0) + 1);
    this.firstTaken.set(id, this.firstTaken.get(id) ?? performance.now());
    this.byRecipient.set(recipient, (this.byRecipient.get(recipient) ?? new Set()).add(id));
  }
}

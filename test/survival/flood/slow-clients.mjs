/** Clients who send or read as slowly as they can. */
import { connect } from 'node:net';
import { clearInterval, setInterval } from 'node:timers';
import { setTimeout as pause } from 'node:timers/promises';
import { addressOf } from './lanes.mjs';

/** Between two drops. */
const EVERY_MS = { header: 1_000, body: 1_000, read: 100 };
/**
 * As many at once as nobody is cut for. In three seconds, on a busy machine too, these are more answers than the kernel keeps on both ends of a connection,
 * 4 MB: the rest is left in the broker.
 */
const REQUESTS = 'GET /api/v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(4);
export const FILLED_AFTER_MS = 3_000;
/** All at once they would have the broker do nothing but write what nobody reads: they come one after the other within this time. */
const READERS_COME_MS = 13_000;
/** What is open for so long is not closed at all. */
const MOST_MS = 30_000;

/** @typedef {'header' | 'body' | 'read'} Slowness */

/** What each sends at once; what comes after it comes a byte at a time. @type {Record<Slowness, string>} */
const BEGINNINGS = {
  header: 'GET /service/servers HTTP/1.1\r\nHost: localhost\r\nX-Slow: ',
  body: 'POST /service/user/authenticate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n',
  read: REQUESTS,
};

export class SlowClients {
  /** How long each lived, in milliseconds. @type {Record<Slowness, number[]>} */
  lives = { header: [], body: [], read: [] };
  opened = 0;
  #isOver = false;
  /** @type {Set<import('node:net').Socket>} */
  #open = new Set();

  /** @param {number} port */
  constructor(port) {
    this.port = port;
  }

  get open() {
    return this.#open.size;
  }

  /** As many all the time: each that is closed is followed by another. @param {Record<Slowness, number>} counts */
  async keep({ header, body, read }) {
    for (let n = 0; n < header; n += 1) this.#begin('header');
    for (let n = 0; n < body; n += 1) this.#begin('body');
    for (let n = 0; n < read; n += 1) {
      this.#begin('read');
      await pause(READERS_COME_MS / read);
    }
  }

  /** No more follow; waits until the broker has closed the last one. @returns {Promise<number>} how many it did not close */
  async ended() {
    this.#isOver = true;
    const closed = [...this.#open].map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    await Promise.race([Promise.all(closed), pause(MOST_MS)]);
    const left = this.#open.size;
    for (const socket of this.#open) socket.destroy();
    return left;
  }

  /** @param {Slowness} slowness */
  #begin(slowness) {
    this.opened += 1;
    const since = performance.now();
    const localAddress = addressOf(50_000 + (this.opened % 40_000));
    const socket = connect({ port: this.port, host: '127.0.0.1', localAddress });
    this.#open.add(socket);
    socket.write(BEGINNINGS[slowness]);
    if (slowness === 'read') socket.pause();
    else socket.resume();
    // Whoever does not read hears of the end only when it writes.
    const drop = slowness === 'read' ? REQUESTS : 'x';
    const drops = setInterval(() => socket.write(drop), EVERY_MS[slowness]);
    // A reset is an end as well.
    socket.on('error', () => undefined);
    socket.once('close', () => {
      clearInterval(drops);
      this.#open.delete(socket);
      this.lives[slowness].push(performance.now() - since);
      if (!this.#isOver) this.#begin(slowness);
    });
  }
}

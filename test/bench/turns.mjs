/**
 * Asks several brokers for lists in short turns, one request after another on one connection to each: a process of its own that
 * says in one line of JSON how long they took. Within a turn the machine is as fast for one as for the next.
 */
import { connect } from 'node:net';
import { AnswerReader } from './answer-reader.mjs';
import { tokenOf } from './cast.mjs';
import { parsed } from './json.mjs';
import { median, roundsThereAndBack } from './rounds.mjs';

/** @typedef {{ port: number, count: number, step: number }} Asked so many accounts, and how far from one to the next */
/** @typedef {{ subjects: Record<string, Asked>, seconds: number }} Turns `seconds`: for each of them */

/** A thousand requests or so: what the others have driven out of the processor's caches is back after the first of them. */
const TURN_MS = 100;
/** Until V8 has compiled what they run through. */
const UNCOUNTED = 10;

const { subjects, seconds } = /** @type {Turns} */ (parsed(process.argv[2] ?? '{}'));

/** Whoever is asked, on a connection of its own. */
class Talker {
  /** @type {number[]} */
  #times = [];
  #sent = 0;
  #sentAt = 0;
  #until = 0;
  /** @type {(times: readonly number[]) => void} */
  #end = () => undefined;

  /** @param {Asked} asked */
  constructor({ port, count, step }) {
    this.requests = Array.from({ length: count }, (_, at) => requestOf(at * step));
    // As load.mjs goes round: an order that no cache could like.
    this.stride = count % 7_919 === 0 ? 1 : 7_919;
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.reader = new AnswerReader((head) => {
      if (!head.startsWith('HTTP/1.1 200 ')) throw new Error(`the answer was ${head}`);
    });
    this.socket.on('data', (chunk) => this.#hear(chunk));
    this.socket.on('close', () => {
      throw new Error('the server closed the connection');
    });
  }

  /** @returns {Promise<number>} milliseconds, the median of the answers in a turn */
  async turn() {
    this.#times = [];
    this.#until = performance.now() + TURN_MS;
    /** @type {Promise<readonly number[]>} */
    const ended = new Promise((resolve) => (this.#end = resolve));
    this.#send();
    return median(await ended);
  }

  #send() {
    this.#sent += 1;
    this.#sentAt = performance.now();
    this.socket.write(this.requests[(this.#sent * this.stride) % this.requests.length] ?? '');
  }

  /** @param {Buffer} chunk */
  #hear(chunk) {
    if (!this.reader.take(chunk)) return;
    const now = performance.now();
    this.#times.push(now - this.#sentAt);
    if (now < this.#until) this.#send();
    else this.#end(this.#times);
  }
}

/** @param {number} at */
const requestOf = (at) =>
  Buffer.from(
    `GET /service/servers HTTP/1.1\r\nHost: localhost\r\nX-Connect-UserToken: ${tokenOf(at)}\r\n\r\n`,
  );

/** @type {Record<string, () => Promise<number>>} */
const turns = {};
for (const [name, asked] of Object.entries(subjects)) {
  const talker = new Talker(asked);
  turns[name] = () => talker.turn();
}
await roundsThereAndBack(UNCOUNTED, turns);
const { all } = await roundsThereAndBack(Math.ceil((seconds * 1_000) / TURN_MS / 2), turns);
process.stdout.write(`${JSON.stringify(all)}\n`, () => process.exit());

/** One connection of a flood: one request at a time, as devices do it. */
import { connect } from 'node:net';
import { AnswerReader } from '../../bench/answer-reader.mjs';

/** @typedef {{ status: number, retryAfter: number | null, isOfNode: boolean }} Answer `isOfNode`: the broker's, not one of what stands before it */
/** @typedef {(answer: Answer | Error) => void} Done */

const UNANSWERED_MS = 10_000;

export class Lane {
  /** @type {Done | null} */
  #done = null;
  #sentAt = 0;
  #head = '';
  isOpen = false;
  isOver = false;

  /**
   * @param {number} port @param {string} localAddress
   * @param {(lane: Lane) => void} onOver it can be used no more
   */
  constructor(port, localAddress, onOver) {
    this.onOver = onOver;
    this.reader = new AnswerReader((head) => (this.#head = head));
    this.socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true })
      .on('connect', () => (this.isOpen = true))
      .on('data', (chunk) => this.#take(chunk))
      .on('error', (error) => this.#end(error))
      .on('close', () => this.#end(new Error('closed')));
  }

  /** @param {Buffer} request @param {Done} done */
  send(request, done) {
    this.#done = done;
    this.#sentAt = performance.now();
    this.socket.write(request);
  }

  /** Gives a request up that is not answered for long. @param {number} now */
  look(now) {
    if (this.#done && now - this.#sentAt > UNANSWERED_MS) {
      this.#end(new Error(this.isOpen ? 'not answered' : 'not accepted'));
      this.socket.destroy();
    }
  }

  close() {
    this.isOver = true;
    this.socket.destroy();
  }

  /** @param {Buffer} chunk */
  #take(chunk) {
    if (!this.reader.take(chunk)) return;
    const retryAfter = /\r\nretry-after: (\d+)/i.exec(this.#head)?.[1];
    const answer = {
      status: Number(this.#head.slice(9, 12)),
      retryAfter: retryAfter === undefined ? null : Number(retryAfter),
      isOfNode: /\r\nx-request-id: /i.test(this.#head),
    };
    if (/\r\nconnection: close/i.test(this.#head)) this.isOver = true;
    this.#tell(answer);
  }

  /** @param {Error} error */
  #end(error) {
    const isNew = !this.isOver;
    this.isOver = true;
    this.#tell(error);
    if (isNew) this.onOver(this);
  }

  /** @param {Answer | Error} outcome */
  #tell(outcome) {
    const done = this.#done;
    this.#done = null;
    done?.(outcome);
  }
}

/** The connections of a flood: those that are free are used again, and new ones are opened as long as there is room. */
import { Lane } from './lane.mjs';

/** @param {number} n @returns {string} an address of this machine that stands for a network of its own */
export const addressOf = (n) => `127.${1 + (n >> 14)}.${(n >> 7) & 127}.${1 + (n & 127)}`;

export class Lanes {
  /** @type {Lane[]} */
  #free = [];
  /** @type {Set<Lane>} */
  #all = new Set();
  /** Requests for which there is no connection. @type {{ request: Buffer, done: import('./lane.mjs').Done }[]} */
  #waiting = [];
  #opened = 0;
  most = 0;

  /** @param {number} port @param {number} room at most so many at once */
  constructor(port, room) {
    this.port = port;
    this.room = room;
  }

  /** Opens some before there is anything to send. @param {number} count */
  open(count) {
    for (let n = 0; n < count; n += 1) this.#free.push(this.#new());
  }

  /** @param {Buffer} request @param {import('./lane.mjs').Done} done @param {boolean} [fresh] on a connection of its own */
  send(request, done, fresh = false) {
    const lane = (fresh ? undefined : this.#free.shift()) ?? this.#added();
    if (!lane) this.#waiting.push({ request, done });
    else this.#sendOn(lane, request, done, fresh);
  }

  /** @param {number} now */
  look(now) {
    for (const lane of this.#all) lane.look(now);
  }

  close() {
    for (const lane of this.#all) lane.close();
  }

  /** @param {Lane} lane @param {Buffer} request @param {import('./lane.mjs').Done} done @param {boolean} [fresh] */
  #sendOn(lane, request, done, fresh = false) {
    lane.send(request, (outcome) => {
      done(outcome);
      if (fresh || lane.isOver) this.#drop(lane);
      else this.#next(lane);
    });
  }

  /** @param {Lane} lane */
  #next(lane) {
    const waiting = this.#waiting.shift();
    if (waiting) this.#sendOn(lane, waiting.request, waiting.done);
    else this.#free.push(lane);
  }

  /** @param {Lane} lane */
  #drop(lane) {
    lane.close();
    this.#all.delete(lane);
    const waiting = this.#waiting.length > 0 ? this.#added() : undefined;
    if (waiting) this.#next(waiting);
  }

  #added() {
    return this.#all.size < this.room ? this.#new() : undefined;
  }

  #new() {
    this.#opened += 1;
    const lane = new Lane(this.port, addressOf(this.#opened % 100_000), (over) => {
      this.#free = this.#free.filter((one) => one !== over);
      this.#drop(over);
    });
    this.#all.add(lane);
    this.most = Math.max(this.most, this.#all.size);
    return lane;
  }
}

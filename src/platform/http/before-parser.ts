import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { wholeRequestOf, type WholeRequest } from './whole-request.js';

/** Longer ones are for the parser. Access tokens have some 500 characters, forms of the protocol as many. */
const LONGEST_BYTES = 4_096;

/** Gives what arrived to Node's parser. */
type Pass = (piece: Buffer) => void;
type Takes = (request: WholeRequest) => boolean;

/** Whole requests that Node's parser was given all the same, with what was found out about them. */
const passedOn = new WeakMap<IncomingMessage, WholeRequest>();

/** What a request was before Node's parser read it, if it was looked at. */
export function wholeOf(request: IncomingMessage): WholeRequest | undefined {
  return passedOn.get(request);
}

/**
 * Offers whole requests before Node's parser reads them, which costs more than all of an answer that is ready: an object for the
 * request, one for the response, their events, one more turn (P-1). What is not taken goes the usual way; so do the first
 * request of each connection, with which Node begins to watch how long the connection is idle, and everything from the first
 * piece on of which it cannot be told where a request ends.
 *
 * To stand before everything else that answers requests of this server, and once all of it does.
 *
 * @param headBytes the largest head that the server takes
 * @param takes answers a request at once and says true, or leaves it to others and says false
 */
export function standBeforeParser(server: Server, headBytes: number, takes: Takes): void {
  const longest = Math.min(headBytes, LONGEST_BYTES);
  const wires = new WeakMap<Socket, Wire>();
  server.on('connection', (socket: Socket) => {
    // Node hands its parser what arrives by this one listener; were it otherwise, all would go the usual way.
    const [parse, ...others] = socket.listeners('data');
    if (parse === undefined || others.length > 0) return;
    socket.removeAllListeners('data');
    const whole = (piece: Buffer): WholeRequest | null =>
      piece.length > longest ? null : wholeRequestOf(piece, socket);
    const wire = new Wire(whole, takes, parse.bind(socket) as Pass);
    wires.set(socket, wire);
    socket.on('data', wire.read);
  });
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    wires.get(request.socket)?.isAsked(request, response);
  });
}

/** What arrives on one connection. */
class Wire {
  /** Until something came of which it cannot be told where a request ends and the next begins. */
  #isClear = true;
  /** Of the request that Node read last. */
  #response: ServerResponse | undefined;
  /** The request that Node is reading just now. */
  #passing: WholeRequest | undefined;

  constructor(
    private readonly whole: (piece: Buffer) => WholeRequest | null,
    private readonly takes: Takes,
    private readonly pass: Pass,
  ) {}

  readonly read = (piece: Buffer): void => {
    if (!this.#isClear) this.pass(piece);
    else this.#readClear(piece);
  };

  isAsked(request: IncomingMessage, response: ServerResponse): void {
    this.#response = response;
    if (this.#passing !== undefined) passedOn.set(request, this.#passing);
    this.#passing = undefined;
  }

  #readClear(piece: Buffer): void {
    const request = this.whole(piece);
    const isFirst = this.#response === undefined;
    // Who does not wait for an answer gets them in turn, which is Node's to see to.
    if (request === null || !(isFirst || this.#response?.closed === true)) this.#isClear = false;
    else if (!isFirst && this.takes(request)) return;
    else this.#passing = request;
    this.pass(piece);
    // Node made no request of it: it reads the piece differently, or refuses it.
    if (this.#passing !== undefined) this.#isClear = false;
  }
}

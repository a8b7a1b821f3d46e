import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { openSocketsOf } from './open-sockets.js';
import { readInPlace } from './read-in-place.js';
import { sendAll, sendWaiting } from './sent-together.js';
import { wholeRequestOf, type WholeRequest } from './whole-request.js';

/** Longer ones are for the parser. Access tokens have some 500 characters, forms of the protocol as many. */
const LONGEST_BYTES = 4_096;

/** Gives an answer that is known by now. @returns false: it is for Node's parser all the same */
export type Give = () => boolean;
export const NOT_GIVEN: Give = () => false;

/** Whoever may answer before Node's parser; each says whether it did. */
interface Answerer {
  /** A request: at once, not at all, or as soon as it is known how. */
  takes(request: WholeRequest): boolean | Promise<Give>;
  /** A piece that is, to the byte, a request that it took before; anything else it leaves. It keeps nothing of it. */
  takesAgain(piece: Buffer, socket: Socket): boolean;
}

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
 * A request whose answer must be waited for is held back meanwhile, for at most as long as nothing else happens on its connection:
 * before more arrives, or its end, Node is given the request as if it had never been held.
 *
 * To stand before everything else that answers requests of this server, and once all of it does.
 *
 * @param headBytes the largest head that the server takes
 * @returns gives Node all that is held, and sends what waits to be: it takes such connections for idle, which are ended when the
 * server closes
 */
export function standBeforeParser(server: Server, headBytes: number, answerer: Answerer): () => void {
  const longest = Math.min(headBytes, LONGEST_BYTES);
  const open = openSocketsOf(server);
  const wires = new WeakMap<Socket, Wire>();
  server.on('connection', (socket: Socket) => {
    const wire = new Wire(socket, longest, answerer);
    wires.set(socket, wire);
    socket.push = wire.push;
    readInPlace(socket, wire.readShared);
    // Node's parser takes what arrives past the socket until somebody listens to it.
    socket.on('data', nothing);
    socket.prependOnceListener('close', wire.letGo);
  });
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    wires.get(request.socket)?.isAsked(request, response);
  });
  return () => {
    sendAll();
    for (const socket of open) wires.get(socket)?.letGo();
  };
}

/** What arrives on one connection. */
class Wire {
  /** Until something came of which it cannot be told where a request ends and the next begins. */
  #isClear = true;
  /** Of the request that Node read last. */
  #response: ServerResponse | undefined;
  /** The request that Node is reading just now. */
  #passing: WholeRequest | undefined;
  /** One whose answer is waited for. */
  #held: WholeRequest | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly longest: number,
    private readonly answerer: Answerer,
  ) {}

  /** In place of the socket's `push`, which Node calls at the end with null, and with pieces that are read apart. */
  readonly push = (piece: Buffer | null): boolean => {
    sendWaiting(this.socket);
    if (piece !== null && this.#isTakenAgain(piece)) return true;
    return this.#read(piece);
  };

  /** With each piece that arrives in memory that the next one is read into: what goes on is a copy. */
  readonly readShared = (piece: Buffer): boolean => {
    sendWaiting(this.socket);
    return this.#isTakenAgain(piece) || this.#read(Buffer.from(piece));
  };

  /** What is held is Node's, as if it had come just now. */
  readonly letGo = (): void => {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    // The socket reads no more if it was cut, and what was begun is told all the same.
    this.#hand(held, (piece) => this.socket.emit('data', piece));
  };

  isAsked(request: IncomingMessage, response: ServerResponse): void {
    this.#response = response;
    if (this.#passing !== undefined) passedOn.set(request, this.#passing);
    this.#passing = undefined;
  }

  /** Who does not wait for an answer gets them in turn, which is Node's to see to. */
  get #isNext(): boolean {
    return this.#response === undefined || this.#response.closed;
  }

  /** @returns whether more may come now, as of `push` */
  #pass(piece: Buffer | null): boolean {
    return Socket.prototype.push.call(this.socket, piece);
  }

  #leave(piece: Buffer): boolean {
    this.#isClear = false;
    return this.#pass(piece);
  }

  #isTakenAgain(piece: Buffer): boolean {
    const mayBe = this.#isClear && this.#response?.closed === true && this.#held === undefined;
    return mayBe && piece.length <= this.longest && this.answerer.takesAgain(piece, this.socket);
  }

  #read(piece: Buffer | null): boolean {
    this.letGo();
    if (piece === null || !this.#isClear) return this.#pass(piece);
    if (piece.length > this.longest || !this.#isNext) return this.#leave(piece);
    return this.#offer(piece);
  }

  #offer(piece: Buffer): boolean {
    const request = wholeRequestOf(piece, this.socket);
    if (request === null) return this.#leave(piece);
    const taken = this.#response !== undefined && this.answerer.takes(request);
    if (taken === false) return this.#hand(request);
    if (taken !== true) void this.#hold(request, taken);
    return true;
  }

  async #hold(request: WholeRequest, answer: Promise<Give>): Promise<void> {
    this.#held = request;
    const give = await answer;
    // Else Node has it, and whoever answers there has the answer.
    if (this.#held !== request) return;
    if (give()) this.#held = undefined;
    else this.letGo();
  }

  /** To Node's parser, as what it is. */
  #hand(request: WholeRequest, pass = (piece: Buffer): boolean => this.#pass(piece)): boolean {
    this.#passing = request;
    const mayCome = pass(request.piece);
    // Node made no request of it: it reads the piece differently, or refuses it.
    if (this.#isUntouched(request)) this.#isClear = false;
    return mayCome;
  }

  #isUntouched(request: WholeRequest): boolean {
    return this.#passing === request;
  }
}

function nothing(): void {
  // That it is called is not what it is there for.
}

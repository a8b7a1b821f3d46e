import type { Socket } from 'node:net';
import { put, ROOM_BYTES } from './ready-answer.js';

/** So many at most wait for each other: a few milliseconds, where each has to be read from SQLite. */
const MOST = 32;
/** Of lists of ten servers about as many. A reader who does not keep up holds as much. */
const ALL_BYTES = 4 * ROOM_BYTES;

/** An answer that waits, and where it lies in the room. */
interface Waiting {
  readonly socket: Socket;
  readonly from: number;
  readonly to: number;
}

const waiting: Waiting[] = [];
let room = Buffer.allocUnsafeSlow(ALL_BYTES);
let filled = 0;

/**
 * Sends a whole answer to a connection that `isFree`, with others at the end of this turn of the event loop. Whoever gets an answer, a
 * proxy on this machine as a rule, is woken by it, which takes longer than a list (P-1, P-3): by those that come together it is woken once.
 *
 * Before anything else is sent or read on that connection, `sendWaiting`.
 *
 * @param body of an answer that `isSmall`
 */
export function sendTogether(socket: Socket, head: string, body: Buffer | null): void {
  if (waiting.length === MOST || filled + ROOM_BYTES > ALL_BYTES) sendAll();
  if (waiting.length === 0) setImmediate(sendAll);
  const from = filled;
  filled = put(room, from, head, body);
  waiting.push({ socket, from, to: filled });
}

/** Sends what waits for the end of the turn, if some of it is for this connection. */
export function sendWaiting(to: Socket): void {
  for (const { socket } of waiting) {
    if (socket !== to) continue;
    sendAll();
    return;
  }
}

/** What waits for the end of the turn. */
export function sendAll(): void {
  let isKept = false;
  for (const { socket, from, to } of waiting) {
    // It was cut meanwhile, or the broker has said its last on it.
    if (!socket.writable) continue;
    socket.write(room.subarray(from, to));
    if (socket.writableLength !== 0) isKept = true;
  }
  waiting.length = filled = 0;
  // Not all was taken at once: what is left stays where it is.
  if (isKept) room = Buffer.allocUnsafeSlow(ALL_BYTES);
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Names and values in turn, as Node takes them fastest. */
export type Fields = readonly string[];

/** As they stand in a head. Nothing in them is from outside. */
export function written(fields: Fields): string {
  return fields.map((text, at) => (at % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('');
}

/** An answer of JSON that needs nothing but to be sent. */
export class ReadyAnswer {
  /** Of their own: from Node's pool, one small list would keep 8 KiB of others alive. */
  readonly bytes: Buffer;
  /** What the head says of it. */
  readonly fields: Fields;
  readonly written: string;
  /** As much of that as a 304 says; nothing without an ETag. */
  readonly validator: string;

  /**
   * @param etag strong, with its quotation marks; null: none
   * @param requestId under which something was written down; then it is for that request alone
   */
  constructor(
    readonly etag: string | null,
    json: string,
    readonly requestId?: string,
  ) {
    this.bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(json));
    this.bytes.write(json);
    const length = String(this.bytes.length);
    const validator = etag === null ? [] : ['ETag', etag];
    this.fields = [...validator, 'Content-Type', 'application/json; charset=utf-8', 'Content-Length', length];
    this.written = written(this.fields);
    this.validator = written(validator);
  }
}

/** Lists of thirty servers and their heads. A reader who does not keep up holds as much. */
export const ROOM_BYTES = 16_384;
const HEAD_BYTES = 1_024;
/** Used for each answer again: memory that was just used is in the processor's cache (P-1). */
let room = Buffer.allocUnsafeSlow(ROOM_BYTES);

/** Whether nothing else waits to be sent on a connection. */
export function isFree(socket: Socket): boolean {
  return socket.writable && socket.writableLength === 0;
}

/** Whether an answer goes into one piece. */
export function isSmall({ bytes }: Pick<ReadyAnswer, 'bytes'>): boolean {
  return bytes.length + HEAD_BYTES <= ROOM_BYTES;
}

/**
 * Whether an answer may be written to the connection as it is: not too large, to a request of HTTP/1.1 whose turn it is, on a
 * connection that stays open and has nothing else to send.
 */
export function mayBeWritten(
  { httpVersion }: IncomingMessage,
  { socket, shouldKeepAlive }: ServerResponse,
  answer: Pick<ReadyAnswer, 'bytes'>,
): boolean {
  return httpVersion === '1.1' && shouldKeepAlive && socket !== null && isFree(socket) && isSmall(answer);
}

/** Lays an answer that `isSmall` into a room. @returns where it ends */
export function put(into: Buffer, at: number, head: string, body: Buffer | null): number {
  const end = at + into.write(head, at, 'latin1');
  if (body === null) return end;
  into.set(body, end);
  return end + body.length;
}

/**
 * Writes a whole answer, head and body, where `mayBeWritten`. `ServerResponse` would check each header and make three writes
 * of one, which costs a quarter of the answer (P-1). Node goes on to the next request of a connection when a response says
 * that it is finished; here as there once its bytes have been taken.
 */
export function write(response: ServerResponse, head: string, body: Buffer | null): void {
  const { socket } = response;
  if (socket === null) return;
  socket.write(room.subarray(0, put(room, 0, head, body)), (error) => {
    // Without its connection there is nothing to go on with.
    if (!error) response.emit('finish');
  });
  // Not all was taken at once: what is left stays where it is.
  if (socket.writableLength !== 0) room = Buffer.allocUnsafeSlow(ROOM_BYTES);
}

/** The usual way, for connections that are about to end, wait for earlier answers, or speak HTTP/1.0. */
export function send(response: ServerResponse, answer: ReadyAnswer, isSame: boolean, headers: Fields): void {
  const { etag, fields, bytes } = answer;
  if (isSame) response.writeHead(304, [...headers, 'ETag', etag ?? '']).end();
  else response.writeHead(200, [...headers, ...fields]).end(bytes);
}

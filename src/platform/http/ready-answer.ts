import type { IncomingMessage, ServerResponse } from 'node:http';

/** Names and values in turn, as Node takes them fastest. */
export type Fields = readonly string[];

/** As they stand in a head. Nothing in them is from outside. */
export function written(fields: Fields): string {
  return fields.map((text, at) => (at % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join('');
}

/**
 * An answer of JSON that needs nothing but to be sent. Its bytes are kept as a text of as many characters (latin1): Node
 * writes that together with the head in one go, and a buffer beside it (P-1).
 */
export class ReadyAnswer {
  readonly text: string;
  /** What the head says of it, beside the ETag. */
  readonly fields: Fields;
  readonly written: string;

  /** @param etag strong, with its quotation marks */
  constructor(
    readonly etag: string,
    json: string,
  ) {
    this.text = Buffer.from(json).toString('latin1');
    const length = String(this.text.length);
    this.fields = ['Content-Type', 'application/json; charset=utf-8', 'Content-Length', length];
    this.written = written(this.fields);
  }

  /** For whoever sends bytes. */
  get bytes(): Buffer {
    return Buffer.from(this.text, 'latin1');
  }
}

/**
 * Whether an answer may be written to the connection as it is: a request of HTTP/1.1 whose turn it is, on a connection that
 * stays open and has nothing else to send.
 */
export function mayBeWritten({ httpVersion }: IncomingMessage, response: ServerResponse): boolean {
  const { socket } = response;
  if (httpVersion !== '1.1' || !response.shouldKeepAlive || socket === null) return false;
  return socket.writable && socket.writableLength === 0;
}

/**
 * Writes a whole answer, head and all, where `mayBeWritten`. `ServerResponse` would check each header and make three
 * writes of one, which costs a quarter of the answer (P-1). Node goes on to the next request of a connection when a
 * response says that it is finished; here as there once its bytes have been taken.
 */
export function write(response: ServerResponse, text: string): void {
  response.socket?.write(text, 'latin1', (error) => {
    // Without its connection there is nothing to go on with.
    if (!error) response.emit('finish');
  });
}

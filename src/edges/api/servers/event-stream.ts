import type { ServerResponse } from 'node:http';

/** One message of `text/event-stream` (HTML Living Standard, 9.2). */
export interface EventMessage {
  readonly event: string;
  /** One line: JSON. */
  readonly data: string;
  /** None: clients keep the one before. */
  readonly id?: string;
}

/** Writes server-sent events; a reader who does not keep up is cut off. */
export class EventStream {
  #isStuck = false;

  /** @param most bytes that may wait for the reader */
  constructor(
    private readonly response: ServerResponse,
    private readonly most: number,
  ) {}

  open(headers: Record<string, string | string[] | number | undefined>): void {
    const own = {
      'content-type': 'text/event-stream; charset=utf-8',
      // nginx would collect events before it passes them on.
      'x-accel-buffering': 'no',
    };
    const given = Object.entries(headers).filter(([, value]) => value !== undefined);
    this.response.writeHead(200, { ...Object.fromEntries(given), ...own });
  }

  send({ event, data, id }: EventMessage): void {
    this.#write(`event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`);
  }

  /** How long clients wait before they come again, in milliseconds. */
  comeBackAfter(ms: number): void {
    this.#write(`retry: ${ms}\n\n`);
  }

  /** Shows proxies and clients that the stream lives. Who still has not read the last one does not. */
  beat(): void {
    if (this.#isStuck && this.response.writableNeedDrain) {
      this.response.destroy();
      return;
    }
    this.#write(':\n\n');
    this.#isStuck = this.response.writableNeedDrain;
  }

  end(): void {
    this.response.end();
  }

  cut(): void {
    this.response.destroy();
  }

  #write(text: string): void {
    if (this.response.destroyed || this.response.writableEnded) return;
    this.response.write(text);
    if (this.response.writableLength > this.most) this.response.destroy();
  }
}

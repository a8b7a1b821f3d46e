import { request, type IncomingMessage } from 'node:http';
import type { TestBroker } from '../support/broker.js';

export interface ReceivedEvent {
  readonly event: string;
  readonly data: unknown;
  /** Last event id as a client would keep it. */
  readonly id: string;
}

/** Reads an event stream as a client does. */
export class EventReader {
  readonly comments: string[] = [];
  readonly #events: ReceivedEvent[] = [];
  #text = '';
  #id = '';
  #hasEnded = false;
  #wake: (() => void) | undefined;

  private constructor(readonly incoming: IncomingMessage) {
    incoming.setEncoding('utf8');
    incoming.on('data', (chunk: string) => this.#take(chunk));
    incoming.on('error', () => undefined);
    incoming.on('close', () => {
      this.#hasEnded = true;
      this.#wake?.();
    });
  }

  static open(broker: TestBroker, bearer: string, lastEventId?: string): Promise<EventReader> {
    const { hostname: host, port } = new URL(broker.url);
    const headers = {
      Authorization: `Bearer ${bearer}`,
      ...(lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId }),
    };
    const outgoing = request({ host, port, path: '/api/v1/servers/events', headers, agent: false });
    return new Promise((resolve, reject) => {
      outgoing.on('error', reject);
      outgoing.on('response', (incoming) => {
        if (incoming.statusCode === 200) resolve(new EventReader(incoming));
        else reject(new Error(`answered ${incoming.statusCode}`));
      });
      outgoing.end();
    });
  }

  /** The next event; null at the end of the stream. */
  async next(): Promise<ReceivedEvent | null> {
    for (;;) {
      const event = this.#events.shift();
      if (event) return event;
      if (this.#hasEnded) return null;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  close(): void {
    this.incoming.destroy();
  }

  #take(chunk: string): void {
    this.#text += chunk;
    const blocks = this.#text.split('\n\n');
    this.#text = blocks.pop() ?? '';
    for (const block of blocks) this.#read(block.split('\n'));
    this.#wake?.();
  }

  #read(lines: string[]): void {
    const field = (name: string): string | undefined =>
      lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
    if (lines.includes('id: ')) this.#id = '';
    this.#id = field('id') ?? this.#id;
    this.comments.push(...lines.filter((line) => line.startsWith(':')));
    const [event, data] = [field('event'), field('data')];
    if (event === undefined || data === undefined) return;
    this.#events.push({ event, data: JSON.parse(data) as unknown, id: this.#id });
  }
}

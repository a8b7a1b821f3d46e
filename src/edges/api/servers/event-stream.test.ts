import { describe, expect, test } from '@jest/globals';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { EventStream } from './event-stream.js';

/** An answer whose reader reads nothing: it has no connection, so everything waits. */
function unread(): ServerResponse {
  return new ServerResponse(new IncomingMessage(new Socket()));
}

const event = { event: 'changed', data: JSON.stringify('x'.repeat(1_000)) };

describe('an event stream', () => {
  test('cuts off a reader for whom more waits than may', () => {
    const response = unread();
    const stream = new EventStream(response, 5_000);
    stream.open({});
    for (let at = 0; at < 4; at += 1) stream.send(event);
    expect(response.destroyed).toBe(false);
    for (let at = 0; at < 2; at += 1) stream.send(event);
    expect(response.destroyed).toBe(true);
  });

  test('cuts off a reader who has not caught up from one heartbeat to the next', () => {
    const response = unread();
    const stream = new EventStream(response, 1_000_000);
    stream.open({});
    for (let at = 0; at < 70; at += 1) stream.send(event);
    stream.beat();
    expect(response.destroyed).toBe(false);
    stream.beat();
    expect(response.destroyed).toBe(true);
  });

  test('is quiet after its end', () => {
    const response = unread();
    const stream = new EventStream(response, 1_000);
    stream.open({});
    stream.end();
    const waiting = response.writableLength;
    stream.send(event);
    stream.beat();
    expect(response.writableLength).toBe(waiting);
  });
});

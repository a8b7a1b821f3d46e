import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { BareServers, until } from '../../../test/support/bare-server.js';
import { isFree } from './ready-answer.js';
import { sendAll, sendTogether, sendWaiting } from './sent-together.js';

const bare = new BareServers();

interface Line {
  readonly here: Socket;
  /** The same connection, as the server has it. */
  readonly there: Socket;
  readonly heard: () => string;
}

async function line(): Promise<Line> {
  const server = await bare.start(createServer());
  const here = bare.connect(server);
  const [there] = (await once(server, 'connection')) as [Socket];
  let heard = '';
  here.on('data', (piece: Buffer) => (heard += piece.toString('latin1')));
  return { here, there, heard: () => heard };
}

const bytesOf = (...lines: Line[]): number[] => lines.map(({ there }) => there.bytesWritten);

test('what is answered in a turn is sent at its end', async () => {
  const [one, other] = [await line(), await line()];
  sendTogether(one.there, 'one ', Buffer.from('list'));
  sendTogether(other.there, 'nothing new', null);
  expect(bytesOf(one, other)).toEqual([0, 0]);
  await new Promise(setImmediate);
  expect(bytesOf(one, other)).toEqual([8, 11]);
  await until(() => one.heard() === 'one list' && other.heard() === 'nothing new');
});

test('no more than 32 wait, and no more than there is room for', async () => {
  const lines: Line[] = [];
  for (let n = 0; n < 33; n += 1) lines.push(await line());
  for (const { there } of lines) sendTogether(there, 'x', null);
  expect(bytesOf(...lines)).toEqual([...Array<number>(32).fill(1), 0]);
  sendAll();
  for (const { there } of lines.slice(0, 5)) sendTogether(there, '', Buffer.alloc(14_999));
  expect(bytesOf(...lines).slice(0, 5)).toEqual([15_000, 15_000, 15_000, 15_000, 1]);
  await until(() => lines[4]?.heard().length === 15_000);
});

test('all is sent as soon as one of them must have been, and nothing for one that has none', async () => {
  const [one, other, third] = [await line(), await line(), await line()];
  sendTogether(one.there, 'one', null);
  sendTogether(other.there, 'other', null);
  sendWaiting(third.there);
  expect(bytesOf(one, other)).toEqual([0, 0]);
  sendWaiting(other.there);
  expect(bytesOf(one, other)).toEqual([3, 5]);
  sendTogether(one.there, ' more', null);
  await until(() => one.heard() === 'one more');
});

test('a connection that is cut meanwhile, or has heard the last, keeps nobody from theirs', async () => {
  const [cut, ended, whole] = [await line(), await line(), await line()];
  for (const { there } of [cut, ended, whole]) sendTogether(there, 'list', null);
  cut.there.destroy();
  ended.there.end('bye');
  await until(() => whole.heard() === 'list');
  await until(() => ended.heard() === 'bye');
});

test('a reader who does not keep up gets every byte as it was, whatever others are sent meanwhile', async () => {
  const [slow, quick] = [await line(), await line()];
  slow.here.pause();
  const sent: string[] = [];
  while (isFree(slow.there)) {
    const body = `${String(sent.length)} `.repeat(3_000);
    sent.push(body);
    sendTogether(slow.there, '', Buffer.from(body));
    await new Promise(setImmediate);
  }
  for (let round = 0; round < 40; round += 1) {
    sendTogether(quick.there, 'others', Buffer.alloc(9_000, 'z'));
    await new Promise(setImmediate);
  }
  slow.here.resume();
  const all = sent.join('');
  await until(() => slow.heard().length === all.length);
  expect(slow.heard() === all).toBe(true);
});

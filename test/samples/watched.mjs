/** Loaded into the sample client before itself: its long pauses last until the test says so, and the test sees its requests. */
import { once } from 'node:events';
import { syncBuiltinESMExports } from 'node:module';
import process from 'node:process';
import timers from 'node:timers/promises';
import { URL } from 'node:url';

const SHORT_MS = 1_000;
const { setTimeout: pause } = timers;
const { fetch: request } = globalThis;

/** @param {unknown} message */
const tell = (message) => process.send?.(message, undefined, undefined);

/**
 * @param {number} ms
 * @param {unknown} [value]
 * @param {import('node:timers').TimerOptions} [options]
 */
async function heldPause(ms, value, options) {
  if (ms < SHORT_MS) return pause(ms, value, options);
  const goOn = once(process, 'message');
  tell({ pause: ms });
  await goOn;
  return value;
}
Object.assign(timers, { setTimeout: heldPause });
syncBuiltinESMExports();

/** @type {typeof fetch} */
globalThis.fetch = async (url, options) => {
  const response = await request(url, options);
  tell({ asked: `${options?.method ?? 'GET'} ${new URL(response.url).pathname} ${response.status}` });
  return response;
};

/** A private Redis for tests: on a free port of the loopback, in memory only. */
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { run, tail } from './child.mjs';
import { findProgram, installMissing } from './debian.mjs';
import { say } from './say.mjs';
import { freePort, redisRunId, redisShutdown } from './sockets.mjs';

/** @typedef {{ url: string, folder: string, runId: string }} PrivateRedis */

/** @param {string} base @returns {Promise<PrivateRedis | null>} null, with a word on stderr, where it cannot be had */
export async function startRedis(base) {
  await installMissing(['redis-server']);
  const program = findProgram('redis-server');
  if (program === null) return null;
  const folder = mkdtempSync(path.join(base, 'redis-'));
  let output = '';
  for (let attempt = 0; attempt < 3; attempt++) {
    const port = await freePort();
    const place = [
      '--port',
      `${port}`,
      '--bind',
      '127.0.0.1',
      '--dir',
      folder,
      '--logfile',
      path.join(folder, 'log'),
    ];
    const started = await run(program, [...place, '--save', '', '--appendonly', 'no', '--daemonize', 'yes'], {
      cwd: '/',
    });
    const url = `redis://127.0.0.1:${port}`;
    const runId = started.code === 0 ? await firstAnswer(url) : null;
    if (runId !== null) return { url, folder, runId };
    output = started.output;
  }
  say(`${tail(output, 20)}\nsignpost: Redis did not start`);
  rmSync(folder, { recursive: true, force: true });
  return null;
}

/** It goes to the background before it listens. @param {string} url @returns {Promise<string | null>} */
async function firstAnswer(url) {
  for (let attempt = 0; attempt < 50; attempt++) {
    const runId = await redisRunId(url);
    if (runId !== null) return runId;
    await sleep(100);
  }
  return null;
}

/** Also right when it is long gone and another Redis has its port. @param {PrivateRedis} redis */
export async function stopRedis({ url, folder, runId }) {
  if ((await redisRunId(url)) === runId) await redisShutdown(url);
  rmSync(folder, { recursive: true, force: true });
}

import { describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import type { Environment } from '../../src/config/index.js';
import { backUpBefore, file, folder, restore, target } from '../support/backed-up.js';
import type { Said } from '../support/command.js';
import { craft, piecesOf } from '../support/crafted-backup.js';
import { eventually } from '../support/eventually.js';

const ROWS = 60_000;

backUpBefore();

/** A backup that takes a while to put back, or to make again. */
function large(): string {
  const pieces = piecesOf(file);
  const networks = pieces.tables.find(({ name }) => name === 'known_networks');
  const accounts = pieces.tables.find(({ name }) => name === 'accounts');
  const id = accounts?.rows[0]?.[accounts.columns.findIndex(({ name }) => name === 'id')] ?? null;
  for (let row = 0; row < ROWS; row += 1) networks?.rows.push([id, `network ${row}`, 1]);
  return craft(join(target, 'large'), pieces);
}

const unfinished = (where: string, part: string): string[] =>
  readdirSync(where).filter((name) => name.includes(part));

/** Runs `signpost`, and ends it as soon as it has begun to write. */
async function interrupted(
  args: readonly string[],
  environment: Environment,
  signal: NodeJS.Signals,
  begun: () => Promise<boolean>,
): Promise<Said> {
  const env = { PATH: process.env['PATH'] ?? '', DATA_DIR: target, ...environment };
  const stdio = ['ignore', 'pipe', 'pipe'] as const;
  const child = spawn(process.execPath, [inCheckout('dist/cli.js'), ...args], {
    cwd: target,
    env,
    stdio: [...stdio],
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  await eventually(async () => {
    if (!(await begun())) throw new Error('it has not begun');
  });
  child.kill(signal);
  const [[code], [stdout, stderr]] = await Promise.all([ended, said]);
  return { code, stdout, stderr };
}

describe.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends', (signal) => {
  test('a restore, and leaves nothing of it', async () => {
    const begun = (): Promise<boolean> => Promise.resolve(unfinished(target, '.restoring').length > 0);
    const { code, stdout, stderr } = await interrupted(['restore', large()], {}, signal, begun);
    expect({ code, stdout, stderr }).toEqual({
      code: 130,
      stdout: '',
      stderr: 'Interrupted: the database was left as it was.\n',
    });
    expect(unfinished(target, '.sqlite')).toEqual([]);
    expect((await restore(file)).code).toBe(0);
  });

  test('a backup, and leaves nothing of it', async () => {
    await restore(large());
    const begun = (): Promise<boolean> => Promise.resolve(unfinished(folder, '.unfinished').length > 0);
    const args = ['backup', join(folder, `never-${signal}`)];
    const { code, stdout, stderr } = await interrupted(args, {}, signal, begun);
    expect({ code, stdout, stderr }).toEqual({
      code: 130,
      stdout: '',
      stderr: 'Interrupted: no backup was made.\n',
    });
    expect(unfinished(folder, 'never-')).toEqual([]);
  });
});

test('a second signal ends it at once, whichever it is, while it still clears away', async () => {
  const script = `import { interruptible } from ${JSON.stringify(inCheckout('dist/modules/commands/interrupt.js'))};
    setInterval(() => undefined, 1_000);
    void interruptible('nothing was done.', (signal) => {
      signal.onabort = () => process.stdout.write('clearing');
      process.stdout.write('working');
      return new Promise(() => undefined);
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close', { signal: AbortSignal.timeout(30_000) });
  const said = async (): Promise<unknown> => String(await once(child.stdout, 'data'));
  expect(await said()).toBe('working');
  child.kill('SIGINT');
  expect(await said()).toBe('clearing');
  child.kill('SIGTERM');
  expect(await ended).toEqual([null, 'SIGTERM']);
});

test('long work goes on when nobody reads any more how far it has come', async () => {
  const script = `import { progressOf } from ${JSON.stringify(inCheckout('dist/modules/commands/progress.js'))};
    let now = 0;
    performance.now = () => (now += 10_000);
    const tell = progressOf('backup');
    for await (const _ of process.stdin);
    tell('half of it');
    setImmediate(() => process.exit(17));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  child.stderr.destroy();
  child.stdin.end();
  expect(await once(child, 'close')).toEqual([17, null]);
});

import { afterAll } from '@jest/globals';
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import type { Environment } from '../../src/config/index.js';

/** What a command said, and its exit code. */
export interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let warm: ChildProcess | undefined;
/** One command at a time. */
let before: Promise<unknown> = Promise.resolve();

/** Once in a file of tests that runs commands (after `buildBefore`). */
export function endCommandsAfter(): void {
  afterAll(async () => {
    const child = warm;
    warm = undefined;
    if (!child) return;
    const ended = once(child, 'close');
    child.kill('SIGKILL');
    await ended;
  });
}

const surroundings = (environment: Environment): { cwd: string; env: Record<string, string> } => ({
  cwd: environment['DATA_DIR'] ?? '/',
  env: { PATH: process.env['PATH'] ?? '', ...environment },
});

/** Runs `signpost` beside this process, made from dist, in one process with the other commands of the file. */
export function signpost(args: readonly string[], environment: Environment = {}): Promise<Said> {
  const said = before.then(() => inWarmProcess(args, environment));
  before = said.catch(() => undefined);
  return said;
}

function inWarmProcess(args: readonly string[], environment: Environment): Promise<Said> {
  warm ??= fork(inCheckout('test/support/command-process.mjs'), { execArgv: [] });
  const child = warm;
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new Error(`its process ended during: signpost ${args.join(' ')}`));
    child.once('close', gone);
    child.once('message', (said) => {
      child.off('close', gone);
      resolve(said as Said);
    });
    child.send({ args, ...surroundings(environment) });
  });
}

/** Runs `signpost` as its operator does: a process of its own, made from dist (`buildBefore`). */
export async function signpostProcess(args: readonly string[], environment: Environment = {}): Promise<Said> {
  const child = spawn(process.execPath, [inCheckout('dist/cli.js'), ...args], {
    ...surroundings(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await ended;
  return { code, stdout, stderr };
}

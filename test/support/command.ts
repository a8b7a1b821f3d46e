import { spawn } from 'node:child_process';
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

/** Runs `signpost` as its operator does: a process of its own, made from dist (`buildBefore`). */
export async function signpost(args: readonly string[], environment: Environment = {}): Promise<Said> {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [inCheckout('dist/cli.js'), ...args], {
    cwd: environment['DATA_DIR'] ?? '/',
    env: { PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await ended;
  return { code, stdout, stderr };
}

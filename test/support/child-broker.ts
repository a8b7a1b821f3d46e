import { beforeAll } from '@jest/globals';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { ensureBuilt } from '../../scripts/lib/build.mjs';
import { inCheckout } from '../../scripts/lib/checkout.mjs';

type Environment = Readonly<Record<string, string>>;

/** How a process ended. */
export interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Everything on loopback and on free ports, no limits, nothing refused because the machine is busy. */
const QUIET: Environment = {
  PORT: '0',
  OPS_PORT: '0',
  LIMITS: 'off',
  OVERLOAD_DELAY_MS: '0',
  ADDRESS_ALLOW: '127.0.0.0/8',
};

/** Once in a file of tests that start processes: dist is made from src as it is now. */
export function buildBefore(): void {
  beforeAll(() => ensureBuilt({ checked: false }), 240_000);
}

/** A folder for a process; removed by the caller. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'signpost-child-'));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** The broker as its operator runs it: a process of its own, made from dist. */
export class ChildBroker {
  /** Lines of stdout. */
  readonly lines: string[] = [];
  stderr = '';
  readonly ended: Promise<End>;
  readonly #process: ChildProcessByStdio<null, Readable, Readable>;
  readonly #firstLine: Promise<unknown>;

  private constructor(environment: Environment, folder: string) {
    const { PATH = '' } = process.env;
    this.#process = spawn(process.execPath, [inCheckout('dist/main.js')], {
      cwd: folder,
      env: { PATH, DATA_DIR: join(folder, 'data'), ...QUIET, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process.stderr.on('data', (bytes: Buffer) => (this.stderr += bytes.toString('utf8')));
    const lines = createInterface({ input: this.#process.stdout });
    lines.on('line', (line) => this.lines.push(line));
    this.#firstLine = once(lines, 'line');
    this.ended = new Promise((resolve) => {
      this.#process.on('close', (code, signal) => resolve({ code, signal }));
    });
  }

  /** Starts it in `folder` (data in `data` below it) and does not wait for anything. */
  static spawn(folder: string, environment: Environment = {}): ChildBroker {
    return new ChildBroker(environment, folder);
  }

  /** Starts it and waits until it listens. @throws Error with what it said, when it ends instead */
  static async start(folder: string, environment: Environment = {}): Promise<ChildBroker> {
    const broker = ChildBroker.spawn(folder, environment);
    await Promise.race([broker.#firstLine, broker.ended]);
    if (broker.lines.length > 0 && broker.listening.msg === 'listening') return broker;
    await broker.kill();
    throw new Error(`the broker did not start: ${broker.stderr}${broker.lines.join('\n')}`);
  }

  /** What the first line says. */
  get listening(): {
    readonly msg: string;
    readonly url: string;
    readonly opsUrl: string;
    readonly publicUrl: string;
  } {
    return JSON.parse(this.lines[0] ?? '{}') as ChildBroker['listening'];
  }

  get url(): string {
    return this.listening.url;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Ends it at once, whatever it does. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }
}

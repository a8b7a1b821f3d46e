/** The processes of a benchmark: servers on one core, the load generator on the other, where the machine has two. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { findProgram } from '../../scripts/lib/debian.mjs';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { PUBLIC_URL } from './cast.mjs';
import { parsed } from './json.mjs';

const taskset = availableParallelism() > 1 ? findProgram('taskset') : null;
export const isPinned = taskset !== null;

/** @param {number} core @param {readonly string[]} command @returns {[string, string[]]} */
function pinned(core, command) {
  const [program = '', ...args] = command;
  return taskset === null ? [program, args] : [taskset, ['-c', String(core), ...command]];
}

/** @type {Set<{ stop(): Promise<void> }>} */
const running = new Set();

/** Ends whatever a measurement that failed has left behind. */
export async function stopAll() {
  for (const one of [...running]) await one.stop();
}

/** @param {import('node:child_process').ChildProcess} child */
async function killed(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** A server that is being measured. */
class Subject {
  /**
   * @param {import('node:child_process').ChildProcess} child
   * @param {number} port
   * @param {{ startMs?: number, opsUrl?: string }} [more]
   */
  constructor(child, port, { startMs = NaN, opsUrl = '' } = {}) {
    this.child = child;
    this.port = port;
    this.startMs = startMs;
    this.opsUrl = opsUrl;
    running.add(this);
  }

  /** Memory that is resident, in MB. */
  get residentMb() {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1_024;
  }

  /** A broker with `LISTS_READ_AHEAD` has read all that it will. @returns {Promise<number>} seconds since now */
  async readAhead() {
    const since = performance.now();
    while (!(await this.#metrics()).includes('\nsignpost_lists_read_ahead 1')) await pause(100);
    return (performance.now() - since) / 1_000;
  }

  /** Of those that write, since the start of a broker. @returns {Promise<number>} */
  async transactions() {
    const counted = /^signpost_units_of_work_duration_seconds_count\S* (\d+)$/gm;
    const counts = [...(await this.#metrics()).matchAll(counted)];
    if (counts.length === 0) throw new Error('the broker counts no transactions');
    return counts.reduce((sum, [, count]) => sum + Number(count), 0);
  }

  async #metrics() {
    return (await fetch(`${this.opsUrl}/metrics`)).text();
  }

  async stop() {
    running.delete(this);
    await killed(this.child);
  }
}

/**
 * Starts a server that says in a line of JSON where it listens: `{"port":…}` or `{"url":…}`.
 * @param {readonly string[]} command
 * @param {NodeJS.ProcessEnv} [env]
 * @param {string} [cwd]
 */
export async function start(command, env = process.env, cwd = inCheckout()) {
  const [program, args] = pinned(0, command);
  const since = performance.now();
  const child = spawn(program, args, { env, cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${command.join(' ')} ended`)));
  const line = String(await Promise.race([once(lines, 'line'), ended]));
  ended.catch(() => undefined);
  const said = /** @type {{ port?: number, url?: string, opsUrl?: string }} */ (parsed(line));
  const startMs = performance.now() - since;
  // Whatever else it says must not fill the pipe.
  child.stdout.resume();
  const { port = Number(new URL(said.url ?? 'http://0').port), opsUrl } = said;
  return new Subject(child, port, { startMs, ...(opsUrl === undefined ? {} : { opsUrl }) });
}

/**
 * Starts a server of others that says nothing on its own; whoever starts it waits until it answers.
 * @param {readonly string[]} command
 * @param {number} port
 * @param {string} cwd
 */
export function startSilent(command, port, cwd) {
  const [program, args] = pinned(0, command);
  return new Subject(spawn(program, args, { cwd, stdio: 'ignore' }), port);
}

/**
 * A command on a disk that is slow to sync: 2 ms more for each, as a real one takes without a cache that outlives a loss of
 * power.
 * @returns {readonly string[] | null} to stand before a command; null: `strace` is not installed
 */
export function slowSync() {
  const strace = findProgram('strace') ?? '';
  const delay = ['-e', 'trace=fsync,fdatasync', '-e', 'inject=fsync,fdatasync:delay_exit=2000'];
  // As a child of what it delays, so that it ends with that; and only these calls are stopped.
  return strace === '' ? null : [strace, '-D', '-f', '--seccomp-bpf', '-qq', '-o', '/dev/null', ...delay];
}

/** For measurements that come with a crowd to a process that has just started: nobody is refused. */
export const NOBODY_REFUSED = { OVERLOAD_DELAY_MS: '0' };

/** Where it is measured what reading ahead is good for, or takes: by itself it would share the core with what is measured. */
export const READ_AHEAD = { LISTS_READ_AHEAD: 'true' };

/**
 * The broker, built.
 * @param {string} dataDir
 * @param {Record<string, string>} [settings]
 * @param {readonly string[]} [before] to stand before the command
 */
export function startBroker(dataDir, settings = {}, before = []) {
  const env = {
    PATH: process.env['PATH'],
    DATA_DIR: dataDir,
    PORT: '0',
    OPS_PORT: '0',
    PUBLIC_URL,
    LOG_LEVEL: 'warn',
    // Counted as ever, and never reached.
    LIMIT_LISTS_PER_HOUR: '1000000000',
    LIMIT_SERVER_UPDATES_PER_HOUR: '1000000000',
    LIMIT_ANONYMOUS_REQUESTS_PER_NETWORK_MINUTE: '1000000000',
    LIMIT_API_REQUESTS_PER_APP_MINUTE: '1000000000',
    LIMIT_API_REQUESTS_PER_NETWORK_MINUTE: '1000000000',
    LIMIT_CONNECTIONS_PER_NETWORK: '10000',
    // As many requests as it can answer, all the time, are what overload is: here they are measured, not refused.
    OVERLOAD_DELAY_MS: '0',
    // 10,000 lists of ten servers are counted as 150 MB; with less, "warm" would measure look-ups in the database.
    LISTS_MEMORY_MB: '256',
    LISTS_READ_AHEAD: 'false',
    ...settings,
  };
  return start([...before, process.execPath, inCheckout('dist/main.js')], env, dataDir);
}

/** @param {'http' | 'fastify'} kind @param {string} file */
export const startBare = (kind, file) =>
  start([process.execPath, inCheckout('test/bench/bare.mjs'), kind, file]);

/** @param {string} file of SQLite @param {readonly string[]} [before] as for the broker */
export const startPlainWriter = (file, before = []) =>
  start([...before, process.execPath, inCheckout('test/bench/plain-writer.mjs'), file]);

/** Fills a database, on whatever core is free: nothing is measured meanwhile. @param {import('./seeding.mjs').Seeding} seeding */
export async function seed(seeding) {
  const args = [inCheckout('test/bench/seeding.mjs'), JSON.stringify(seeding)];
  await saidBy(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }));
}

/** @param {import('node:child_process').ChildProcessByStdio<null, import('node:stream').Readable, null>} child */
async function saidBy(child) {
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => (said += text));
  await once(child, 'close');
  if (child.exitCode !== 0) throw new Error(`${child.spawnargs.join(' ')} failed`);
  return said;
}

/** A process that stands ready, and does something whenever it is told to. */
class Ready {
  /** @param {import('node:child_process').ChildProcess} child */
  constructor(child) {
    this.child = child;
    running.add(this);
  }

  /** @param {number} [seconds] how long @returns {Promise<unknown>} what it tells afterwards */
  tell(seconds) {
    this.child.send(seconds === undefined ? {} : { seconds });
    return toldBy(this.child);
  }

  async stop() {
    running.delete(this);
    await killed(this.child);
  }
}

/** Argon2id and nothing else (raw-argon2.mjs). */
class RawArgon2 extends Ready {
  /** @param {number} seconds @returns {Promise<number>} hashes a second */
  rate = async (seconds) => /** @type {{ rate: number }} */ (await this.tell(seconds)).rate;
}

/** 204 is how Syncthing's discovery server takes an announcement. */
const WELL = new Set(['200', '204', '304']);

/** A load generator (load.mjs). */
class Load extends Ready {
  /**
   * Asks, on from where it asked last.
   * @param {number} [seconds] how long; without it, each once
   * @returns {Promise<import('./load.mjs').Outcome>}
   */
  async ask(seconds) {
    const outcome = /** @type {import('./load.mjs').Outcome} */ (await this.tell(seconds));
    const strange = Object.keys(outcome.statuses).filter((status) => !WELL.has(status));
    if (strange.length > 0) throw new Error(`answers were ${JSON.stringify(outcome.statuses)}`);
    return outcome;
  }

  /** @param {number} seconds @returns {Promise<number>} requests a second */
  rate = async (seconds) => (await this.ask(seconds)).rate;

  /** @param {number} seconds @returns {Promise<number>} milliseconds */
  median = async (seconds) => (await this.ask(seconds)).p50;
}

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<unknown>} its next message */
async function toldBy(child) {
  const ending = new AbortController();
  const { signal } = ending;
  const ended = once(child, 'exit', { signal }).then(() =>
    Promise.reject(new Error(`${child.spawnargs.join(' ')} ended`)),
  );
  ended.catch(() => undefined);
  try {
    const told = /** @type {Promise<unknown[]>} */ (once(child, 'message', { signal }));
    return (await Promise.race([told, ended]))[0];
  } finally {
    ending.abort();
  }
}

/** @param {number} core @param {readonly string[]} script and its arguments @returns a process that has said that it is ready */
async function standing(core, [script = '', ...more]) {
  const [program, args] = pinned(core, [process.execPath, inCheckout(script), ...more]);
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  await toldBy(child);
  return child;
}

/** @param {import('./load.mjs').Job} job */
export const startLoad = async (job) =>
  new Load(await standing(1, ['test/bench/load.mjs', JSON.stringify(job)]));

/** @param {{ memoryCost: number, timeCost: number }} parameters @param {number} [core] that of the broker unless given */
export const startRawArgon2 = async ({ memoryCost, timeCost }, core = 0) =>
  new RawArgon2(await standing(core, ['test/bench/raw-argon2.mjs', String(memoryCost), String(timeCost)]));

/** @param {import('./load.mjs').Once} job @returns {Promise<import('./load.mjs').Outcome>} */
export async function load({ seconds, ...job }) {
  const generator = await startLoad(job);
  try {
    return await generator.ask(seconds);
  } finally {
    await generator.stop();
  }
}

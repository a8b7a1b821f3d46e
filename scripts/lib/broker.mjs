/**
 * A broker for a script: `dist/main.js` as a process of its own, on a free port, with a data folder of its own and no
 * setting of this machine's. What it logs is read here, mails included: a broker on loopback without SMTP_URL prints them.
 */
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { clearTimeout, setTimeout } from 'node:timers';
import { inCheckout } from './checkout.mjs';
import { tail } from './child.mjs';
import { Stop } from './say.mjs';

const startsWithin = 20_000;
const mailsWithin = 10_000;
const stopsWithin = 8_000;

/** A line of the broker's log. @typedef {Record<string, unknown> & { msg?: string }} LogLine */

/** @typedef {{ to: string, subject: string, link: string }} Mail */

/** @param {LogLine} line @param {string} name @returns {string} */
const textIn = (line, name) => {
  const value = line[name];
  return typeof value === 'string' ? value : '';
};

/** @param {string} text @returns {LogLine | null} null: not JSON, which the broker itself never prints */
function readLine(text) {
  try {
    /** @type {unknown} */
    const line = JSON.parse(text);
    return /** @type {LogLine} */ (line);
  } catch {
    return null;
  }
}

export class BrokerProcess {
  /** @type {LogLine[]} */
  #lines = [];
  #errors = '';
  /** @type {Set<() => void>} */
  #readers = new Set();
  #child;
  /** Resolves to how it ended, as a sentence; 'exit code 0' is the good one. @type {Promise<string>} */
  #ended;
  #over = '';
  /** Base addresses, without a final slash; empty until it listens. */
  url = '';
  opsUrl = '';

  /**
   * @param {string} folder for its data; it may not exist yet
   * @param {Readonly<Record<string, string>>} [settings] over those that every script wants
   * @param {readonly string[]} [before] a program, with its arguments, that runs it
   */
  constructor(folder, settings = {}, before = []) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const [program, ...args] = [...before, process.execPath, inCheckout('dist/main.js')];
    this.#child = spawn(program, args, {
      // Not the checkout: an .env there holds somebody's settings.
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        HOST: '127.0.0.1',
        PORT: '0',
        OPS_PORT: '0',
        DATA_DIR: folder,
        // Media servers of scripts run on this machine, which is no address for the world.
        ADDRESS_ALLOW: '127.0.0.0/8',
        // Nobody is there to prove being a person.
        ANTI_ROBOT: 'off',
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: Ctrl-C in the terminal reaches it through `stop` alone.
      detached: true,
    });
    createInterface({ input: this.#child.stdout }).on('line', (/** @type {string} */ line) =>
      this.#take(line),
    );
    this.#child.stderr.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      this.#errors += text;
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(error.message));
      this.#child.once('close', (code, signal) => resolve(signal ?? `exit code ${code ?? 'unknown'}`));
    });
    const last = () => this.kill();
    process.once('exit', last);
    void this.#ended.then((how) => {
      process.off('exit', last);
      this.#over = how;
      for (const look of this.#readers) look();
    });
  }

  /** @returns {Promise<string>} its base address, as soon as it listens */
  async listening() {
    const line = await this.#line(({ msg }) => msg === 'listening', startsWithin, 'did not start listening');
    this.url = textIn(line, 'url');
    this.opsUrl = textIn(line, 'opsUrl');
    return this.url;
  }

  /** Of the process, or of the program that runs it. @returns {number} */
  get pid() {
    return this.#child.pid ?? 0;
  }

  /** Resolves to how it ended, as a sentence. */
  get ended() {
    return this.#ended;
  }

  get hasEnded() {
    return this.#over !== '';
  }

  /** The lines it logged, as far as they were JSON. @returns {readonly LogLine[]} */
  get lines() {
    return this.#lines;
  }

  /** @returns {number} a mark: mails from here on are new */
  get mark() {
    return this.#lines.length;
  }

  /**
   * @param {string} address
   * @param {number} [from] a `mark`: only mails after it
   * @returns {Promise<Mail>} the first one
   */
  async mailTo(address, from = 0) {
    const line = await this.#line(
      (candidate) => candidate.msg === 'mail' && candidate['to'] === address,
      mailsWithin,
      `logged no mail to ${address}`,
      from,
    );
    return { to: address, subject: textIn(line, 'subject'), link: textIn(line, 'link') };
  }

  /** What it had to say about trouble, for people; empty if nothing. @returns {string} */
  get trouble() {
    const lines = this.#lines.filter(({ level }) => level === 'error' || level === 'warn');
    return tail([...lines.map((line) => JSON.stringify(line)), this.#errors].join('\n'), 20);
  }

  /** Ends it as Ctrl-C would. @returns {Promise<string>} how it ended: 'exit code 0' */
  async stop() {
    this.#child.kill('SIGINT');
    const impatience = setTimeout(() => this.kill(), stopsWithin);
    const how = await this.#ended;
    clearTimeout(impatience);
    return how;
  }

  /** At once, without a word. */
  kill() {
    this.signal('SIGKILL');
  }

  /** @param {NodeJS.Signals} signal */
  signal(signal) {
    this.#child.kill(signal);
  }

  /** @param {string} text */
  #take(text) {
    const line = readLine(text);
    if (line === null) this.#errors += `${text}\n`;
    else this.#lines.push(line);
    for (const look of this.#readers) look();
  }

  /**
   * The first line that `fits`, now or later.
   * @param {(line: LogLine) => boolean} fits
   * @param {number} within milliseconds
   * @param {string} otherwise what it did not do, for the message
   * @param {number} [from]
   * @returns {Promise<LogLine>}
   */
  #line(fits, within, otherwise, from = 0) {
    return new Promise((resolve, reject) => {
      const look = () => {
        const line = this.#lines.slice(from).find(fits);
        if (line !== undefined) end(() => resolve(line));
        else if (this.#over !== '') fail(`ended (${this.#over}) and ${otherwise}\n${this.trouble}`.trimEnd());
      };
      /** @param {string} problem */
      const fail = (problem) => end(() => reject(new Stop(`the broker ${problem}`)));
      const timer = setTimeout(() => fail(`${otherwise} within ${within / 1000} s`), within);
      /** @param {() => void} tell */
      const end = (tell) => {
        clearTimeout(timer);
        this.#readers.delete(look);
        tell();
      };
      this.#readers.add(look);
      look();
    });
  }
}

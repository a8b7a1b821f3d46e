import { createReadStream, readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { findProgram } from '../../scripts/lib/debian.mjs';
import { Findings } from './findings.mjs';
import { asServer, factsOf, post, registerServer } from './people.mjs';
import { NotHere } from './stage.mjs';

const CALLS = 'openat,open,close,write,writev,sendto,sendmsg,pwrite64,pwritev,fsync,fdatasync';
/** A page of SQLite, with what strace writes around it. */
const SHOWN_BYTES = 4_200;
const CONNECTIONS = 16;

/** @type {import('./stage.mjs').Experiment} */
export const answersAfterSync = {
  id: 'R-11',
  what: 'the system calls of the broker while it writes to SQLite',
  must: 'no answer leaves before what it acknowledges was synced to the disk',
  async run(stage) {
    const strace = findProgram('strace');
    if (strace === null) throw new NotHere('strace');
    const trace = path.join(stage.folder('trace'), 'calls');
    const before = [
      strace,
      '-f',
      '--seccomp-bpf',
      '-e',
      `trace=${CALLS}`,
      '-e',
      'signal=none',
      '-s',
      `${SHOWN_BYTES}`,
      '-o',
      trace,
    ];
    const broker = await stage.broker({ before, settings: { DRAIN_DELAY_SECONDS: '1' } });
    const traced = childOf(broker.pid);
    stage.atEnd(() => end(traced));
    const servers = [];
    for (let at = 0; at < CONNECTIONS; at += 1)
      servers.push(await registerServer(broker.url, `traced ${at}`));
    const wanted = stage.pick(3_000, 1_000);
    let sent = 0;
    await Promise.all(
      servers.map(async (server) => {
        while (sent < wanted) {
          sent += 1;
          const facts = { ...factsOf('traced'), name: `mark-${String(sent).padStart(6, '0')}` };
          const { status } = await post(
            `${broker.url}/service/Servers?id=${server.id}`,
            facts,
            asServer(server),
          );
          if (status !== 200) throw new Error(`an update was answered ${status}`);
        }
      }),
    );
    stage.say(`${sent} updates are answered`);
    process.kill(traced, 'SIGTERM');
    await broker.ended;
    const seen = await read(trace);
    return new Findings()
      .atLeast('answers', seen.answers, 1_000)
      .none('before their sync', seen.early)
      .note('syncs', seen.syncs);
  },
};

/** strace keeps signals to itself. @param {number} pid @returns {number} of what it runs */
function childOf(pid) {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0]);
}

/** @param {number} pid of a process that may have ended */
function end(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

/**
 * @param {string} trace
 * @returns {Promise<{ answers: number, early: string[], syncs: number }>}
 */
async function read(trace) {
  const reading = new Trace();
  for await (const line of createInterface({ input: createReadStream(trace, 'latin1') })) reading.take(line);
  return { answers: reading.answers, early: reading.early, syncs: reading.syncs };
}

class Trace {
  answers = 0;
  syncs = 0;
  /** @type {string[]} */
  early = [];
  /** Descriptors of the database and its WAL. @type {Set<string>} */
  #files = new Set();
  /** Marks that were written and wait for a sync, by descriptor. @type {Map<string, Set<string>>} */
  #written = new Map();
  /** @type {Set<string>} */
  #synced = new Set();
  /** What a thread began and has not ended. @type {Map<string, string>} */
  #begun = new Map();

  /** @param {string} line */
  take(line) {
    const [, thread = '', rest = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const resumed = /^<\.\.\. \w+ resumed>(.*)$/.exec(rest);
    if (resumed) {
      this.#ended((this.#begun.get(thread) ?? '') + (resumed[1] ?? ''));
      this.#begun.delete(thread);
    } else if (rest.endsWith('<unfinished ...>')) {
      const begun = rest.slice(0, -'<unfinished ...>'.length);
      this.#begun.set(thread, begun);
      this.#started(begun);
    } else {
      this.#started(rest);
      this.#ended(rest);
    }
  }

  /** An answer counts when it begins to leave, and so does what is written. @param {string} call */
  #started(call) {
    const [, name = '', descriptor = ''] = /^(\w+)\((\d+)/.exec(call) ?? [];
    if (name.startsWith('pwrite') && this.#files.has(descriptor)) this.#note(descriptor, call);
    else if (/^(write|writev|sendto|sendmsg)$/.test(name) && call.includes('HTTP/1.1 200'))
      this.#answer(call);
  }

  /** A file is open, or synced, when the call came back. @param {string} call */
  #ended(call) {
    const opened = /^open(?:at)?\(.*?"[^"]*signpost\.sqlite(?:-wal)?".*= (\d+)$/.exec(call)?.[1];
    if (opened === undefined) this.#closedOrSynced(call);
    else this.#files.add(opened);
  }

  /** @param {string} call */
  #closedOrSynced(call) {
    const [, closed] = /^close\((\d+)/.exec(call) ?? [];
    if (closed !== undefined) this.#files.delete(closed);
    const [, synced] = /^f(?:data)?sync\((\d+).*= 0/.exec(call) ?? [];
    if (synced !== undefined && this.#files.has(synced)) this.#sync(synced);
  }

  /** @param {string} descriptor @param {string} call */
  #note(descriptor, call) {
    const waiting = this.#written.get(descriptor) ?? new Set();
    for (const [mark] of call.matchAll(/mark-\d{6}/g)) waiting.add(mark);
    this.#written.set(descriptor, waiting);
  }

  /** @param {string} descriptor */
  #sync(descriptor) {
    this.syncs += 1;
    for (const mark of this.#written.get(descriptor) ?? []) this.#synced.add(mark);
    this.#written.delete(descriptor);
  }

  /** @param {string} call */
  #answer(call) {
    const [mark] = /mark-\d{6}/.exec(call) ?? [];
    if (mark === undefined) return;
    this.answers += 1;
    if (!this.#synced.has(mark)) this.early.push(mark);
  }
}

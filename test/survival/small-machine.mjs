import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Findings } from './findings.mjs';
import { Floods } from './overload.mjs';
import { mostResidentMbOf } from './process.mjs';
import { NotHere } from './stage.mjs';

/** The smallest machine of docs/guide/operators.md; there are twice as many people as it is for. */
const MEGABYTES = 512;
const BYTES = MEGABYTES * 1_048_576;
/** Beside the broker there are a system and a proxy. */
const MOST_MB = 384;
/** All the time: what was answered is garbage, and there is no moment in which nothing has to be done. */
const BUSY = { inFlight: 32, lanes: 32 };
/** More than a core can serve. */
const FLOOD_RATE = 5_000;
/** Each connection is used every five seconds: the broker hangs up on who connects and asks for nothing for ten. */
const CALM = { rate: 200, lanes: 1_000 };

/** Each by itself first, so that what one of them leaves behind is not hidden by what others wait for. */
const KINDS = /** @type {const} */ ([
  'discovery',
  'server-list',
  'change',
  'sign-in',
  'registration',
  'look-up',
  'server',
]);

/** Of the kernel's two kinds of control groups: where they are, what limits memory and swap, and where kills are counted. */
const VERSIONS = [
  {
    parent: '/sys/fs/cgroup/memory',
    limits: { 'memory.limit_in_bytes': BYTES, 'memory.memsw.limit_in_bytes': BYTES },
    kills: 'memory.oom_control',
  },
  { parent: '/sys/fs/cgroup', limits: { 'memory.max': BYTES, 'memory.swap.max': 0 }, kills: 'memory.events' },
];

/** A group of processes that may take no more than the whole machine would have; the kernel ends who does. */
class SmallMachine {
  /** @param {import('./stage.mjs').Stage} stage */
  constructor(stage) {
    const version = VERSIONS.find(({ parent }) => existsSync(path.join(parent, 'cgroup.procs')));
    if (version === undefined) throw new NotHere('control groups');
    this.group = path.join(version.parent, `signpost-survival-${process.pid}`);
    this.kills = version.kills;
    try {
      mkdirSync(this.group);
    } catch {
      throw new NotHere('a control group: only root can make one');
    }
    stage.atEnd(() => rmdirSync(this.group));
    for (const [name, value] of Object.entries(version.limits)) this.#limit(name, value);
  }

  /** Where the kernel does not count swap there is no file for it. @param {string} name @param {number} value */
  #limit(name, value) {
    const file = path.join(this.group, name);
    if (existsSync(file)) writeFileSync(file, String(value));
    else if (!/swap|memsw/.test(name)) throw new NotHere('control groups for memory');
  }

  /** Moves itself there and becomes the program. */
  get before() {
    return ['sh', '-c', `echo $$ > '${this.group}/cgroup.procs' && exec "$@"`, 'sh'];
  }

  /** @returns {number} processes that the kernel ended for what they took */
  get killed() {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync(path.join(this.group, this.kills), 'utf8'))?.[1]);
  }
}

/** @type {import('./stage.mjs').Experiment} */
export const smallMachine = {
  id: 'R-42',
  what: `more than can be served, on a machine of one core and ${MEGABYTES} MB`,
  must: `at most ${MOST_MB} MB resident, nobody ends it, and it serves half a minute later as ever`,
  async run(stage) {
    const machine = new SmallMachine(stage);
    const floods = await Floods.on(stage, { before: machine.before });
    const { broker } = floods;
    /** @type {string[]} */
    const offences = [];
    /** @param {string} what @param {Parameters<typeof floods.at>} load */
    const under = async (what, ...load) => {
      const outcome = await floods.at(...load);
      offences.push(...outcome.all.offences);
      const served = (outcome.all.served / outcome.seconds).toFixed(0);
      if (!broker.hasEnded)
        stage.say(`${what}: ${served}/s, up to ${mostResidentMbOf(broker.pid).toFixed(0)} MB`);
      return outcome;
    };
    /** @param {string} what @param {number} seconds */
    const calmFor = (what, seconds) => under(what, CALM.rate, seconds, { lanes: CALM.lanes });
    await calmFor('beginning', stage.pick(10, 5));
    for (const kind of KINDS) await under(kind, 0, stage.pick(20, 3), { mix: { [kind]: 1 }, ...BUSY });
    await under('all of them', 0, stage.pick(120, 5), BUSY);
    const flood = await under('flood', FLOOD_RATE, stage.pick(60, 8));
    await calmFor('half a minute', stage.pick(30, 5));
    const calm = await calmFor('afterwards', stage.pick(20, 5));
    for (const [kind, { sent, served, statuses }] of Object.entries(calm.kinds))
      if (served < sent)
        stage.say(`afterwards ${served} of ${sent} served, ${kind}: ${JSON.stringify(statuses)}`);
    return new Findings()
      .none('ended', broker.hasEnded ? [await broker.ended] : [])
      .exactly('processes that the kernel ended', machine.killed, 0)
      .atMost('resident', broker.hasEnded ? MEGABYTES : mostResidentMbOf(broker.pid), MOST_MB, 'MB')
      .note('served in the flood', flood.all.served / flood.seconds, '/s')
      .note('p99 of that', flood.all.p99, 'ms')
      .none('wrong answers', offences)
      .atMost('not served afterwards', (100 * (calm.all.sent - calm.all.served)) / calm.all.sent, 0.1, '%')
      .atMost('p99 afterwards', calm.all.p99, 500, 'ms');
  },
};

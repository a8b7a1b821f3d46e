import { setTimeout as pause } from 'node:timers/promises';
import { EveryKind } from './every-kind.mjs';
import { Findings } from './findings.mjs';
import { Journal } from './journal.mjs';
import { ask, PASSWORD, registerServer, signUp } from './people.mjs';
import { Storm } from './storm.mjs';
import { Watch } from './watch.mjs';

/** @typedef {import('./stage.mjs').Stage} Stage */
/** @typedef {import('./stage.mjs').Experiment} Experiment */
/** @typedef {import('../../scripts/lib/broker.mjs').BrokerProcess} BrokerProcess */

/** A storm, a watch and a journal around one broker whose database will be hurt. */
export class Siege {
  storm = new Storm();
  /** Seconds from "the database can be used" to "a write is acknowledged, a list is read, and the broker is ready". @type {number[]} */
  recoveries = [];

  /**
   * @param {BrokerProcess} broker @param {import('./journal.mjs').Rows} rows
   * @param {Watch} watch @param {{ every: EveryKind, people: readonly import('./people.mjs').Person[] }} who asks during
   * faults, and who writes
   */
  constructor(broker, rows, watch, { every, people }) {
    this.broker = broker;
    this.journal = new Journal(this.storm, rows);
    this.watch = watch;
    this.every = every;
    this.people = people;
  }

  /** @param {BrokerProcess} broker @param {import('./journal.mjs').Rows} rows */
  static async around(broker, rows) {
    const people = [];
    for (const name of ['ann', 'bob', 'cleo']) people.push(await signUp(broker, name));
    await signUp(broker, 'owner');
    const watch = await Watch.over(broker.url, await signUp(broker, 'watched'), 3);
    const every = await EveryKind.at(broker, await signUp(broker, 'everybody'));
    const siege = new Siege(broker, rows, watch, { every, people });
    siege.storm.addOwner('owner', PASSWORD);
    return siege;
  }

  /**
   * A fault in the middle of a storm. @param {() => unknown} begin @param {() => unknown} end resolves when the database
   * can be used again @param {number} [lastsMs]
   */
  async fault(begin, end, lastsMs = 3_000) {
    const { storm, watch, broker } = this;
    watch.start(() => broker.url);
    const raging = storm.rage(broker.url, this.people);
    await pause(1_500);
    await begin();
    const probing = this.#probe(lastsMs);
    await pause(lastsMs);
    await probing;
    await end();
    const since = performance.now();
    await this.#recovered();
    this.recoveries.push((performance.now() - since) / 1_000);
    await pause(1_000);
    storm.calm();
    await raging;
    await watch.stop();
    await this.journal.check(broker.url, 'new');
  }

  /** All kinds of requests while it is away: every one must end. @param {number} lastsMs */
  async #probe(lastsMs) {
    const since = performance.now();
    while (performance.now() - since < lastsMs) {
      await this.every.withoutDatabase(since);
      await pause(50);
    }
  }

  async #recovered() {
    const { url } = this.broker;
    const until = performance.now() + 60_000;
    while (performance.now() < until) {
      const wrote = await registerServer(url, 'after').then(
        () => true,
        () => false,
      );
      const read = await Promise.all(this.watch.subjects.map((subject) => subject.ask(url))).catch(() => []);
      const ready = (await ask(`${url}/health/ready`)).status === 200;
      if (wrote && ready && read.length > 0 && read.every(({ status }) => status === 200)) return;
      await pause(50);
    }
    throw new Error('it did not recover within a minute');
  }

  /** @param {Findings} findings */
  async judge(findings) {
    await this.journal.check(this.broker.url, 'all');
    return findings
      .note('kinds of requests meanwhile', this.every.times.size)
      .none('not told to come back', this.every.wrong)
      .note('acknowledged', this.storm.acknowledged)
      .note('answered 503', this.storm.unavailable)
      .none('lost', this.journal.lost)
      .none('half done', this.journal.halfDone)
      .none('surprises', this.storm.surprises)
      .none('short lists, 401 or 404', this.watch.offences)
      .note('lists', this.watch.lists);
  }
}

/** @type {Experiment} */
export const postgresKilled = {
  id: 'R-12',
  what: 'PostgreSQL stopped at once, and its postmaster killed',
  must: '503 within 2 s, back within 5 s, no restart, nothing acknowledged is lost',
  async run(stage) {
    const { database, broker } = await stage.onPostgres({ isDirect: true });
    const siege = await Siege.around(broker, (statement) => database.rows(statement));
    for (let round = 1; round <= stage.pick(5, 1); round += 1) {
      await siege.fault(
        () => database.stop('immediate'),
        () => database.startAgain(),
      );
      stage.say(`stopped ${round} times, ${siege.storm.acknowledged} acknowledged`);
      await siege.fault(
        async () => {
          database.killPostmaster();
          // Until then some of the others may still do what they are asked.
          await pause(500);
        },
        () => database.startAgain(),
      );
      stage.say(`killed ${round} times, ${siege.storm.acknowledged} acknowledged`);
    }
    const findings = new Findings()
      .atMost('slowest answer meanwhile', siege.every.longest / 1_000, 2, 's')
      .atMost('back after', Math.max(...siege.recoveries), 5, 's');
    return siege.judge(findings);
  },
};

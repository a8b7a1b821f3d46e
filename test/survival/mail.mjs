import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { EveryKind } from './every-kind.mjs';
import { Findings, quantile } from './findings.mjs';
import { asServer, deviceList, factsOf, link, PASSWORD, post, registerServer, signUp } from './people.mjs';
import { PostOffice } from './post-office.mjs';

/** @typedef {import('./stage.mjs').Experiment} Experiment */
/** @typedef {import('./post-office.mjs').Mode} Mode */

/** Every kind of request is asked for so often in each round. */
const TURNS_OF_KINDS = 4;

/** Somebody signs up, which posts a mail. @param {string} url @param {string} userName @returns {Promise<boolean>} whether it was acknowledged */
async function posted(url, userName) {
  const answer = await register(url, userName).catch(() => null);
  return answer?.status === 200;
}

/** @param {string} url @param {string} userName */
const register = (url, userName) =>
  post(`${url}/service/register`, { userName, email: `${userName}@example.org`, rawpw: PASSWORD });

/** @param {() => boolean} happened @param {number} withinMs */
async function until(happened, withinMs) {
  for (const end = performance.now() + withinMs; !happened() && performance.now() < end;) await pause(100);
}

/** @type {Experiment} */
export const mailServerAway = {
  id: 'R-20',
  what: 'a mail server that takes 30 s for each answer, or none',
  must: 'p99 of what is asked all the time, and the median of every kind of request, is as ever (± 10 ms), all are served',
  async run(stage) {
    const office = await PostOffice.on(stage);
    const dataDir = stage.folder('data');
    const first = await stage.broker({ dataDir });
    const person = await signUp(first, 'ann');
    const server = await registerServer(first.url, 'den');
    await link(first.url, server, person, 'k'.repeat(32));
    const other = await signUp(first, 'kim');
    first.kill();
    await first.ended;
    const broker = await stage.broker({ dataDir, settings: { SMTP_URL: office.url } });
    const kinds = await EveryKind.at(broker, other);
    /** @type {Record<Mode, Record<string, number[]>>} */
    const times = { well: {}, tarpit: {}, down: {} };
    /** @type {string[]} */
    const failures = [];
    /** @type {Record<Mode, Map<string, number[]>[]>} */
    const timesOfKinds = { well: [], tarpit: [], down: [] };
    let at = 0;
    for (let round = 0; round < stage.pick(10, 3); round += 1) {
      for (const mode of /** @type {Mode[]} */ (['well', 'tarpit', 'down'])) {
        office.mode = mode;
        const end = performance.now() + stage.pick(10_000, 3_000);
        while (performance.now() < end) {
          at += 1;
          const asked = {
            list: deviceList(broker.url, person),
            update: post(
              `${broker.url}/service/Servers?id=${server.id}`,
              factsOf(`den ${at}`),
              asServer(server),
            ),
            // One mail in five rounds: what is measured is not the hashing.
            ...(at % 5 === 0 && { 'sign-up': register(broker.url, `p${at}`) }),
          };
          await Promise.all(
            Object.entries(asked).map(async ([route, asking]) => {
              const { ms, status } = await asking;
              (times[mode][route] ??= []).push(ms);
              if (status !== 200) failures.push(`${route} was answered ${status}`);
            }),
          );
          await pause(20);
        }
        kinds.times = new Map();
        for (let turn = 0; turn < TURNS_OF_KINDS; turn += 1) await kinds.withDatabase();
        // The first time is another: what can be ended is there, and is not remembered.
        if (round > 0) timesOfKinds[mode].push(kinds.times);
      }
      stage.say(`round ${round + 1}`);
    }
    const findings = judgeRoutes(times).none('not served', [...failures, ...kinds.wrong]);
    return judgeKinds(findings, timesOfKinds).note('mails taken', office.taken.size);
  },
};

/** Each route by itself: one that takes long would hide what becomes of the others. @param {Record<Mode, Record<string, number[]>>} times */
function judgeRoutes({ well, tarpit, down }) {
  const findings = new Findings();
  for (const [route, usual] of Object.entries(well)) {
    const before = quantile(usual, 0.99);
    const more = (/** @type {readonly number[]} */ times = []) => quantile(times, 0.99) - before;
    findings
      .note(`${route}s`, usual.length)
      .note('p99', before, 'ms')
      .atMost('more in the tarpit', more(tarpit[route]), 10, 'ms')
      .atMost('more when it is down', more(down[route]), 10, 'ms');
  }
  return findings;
}

/**
 * By the median: all are asked at once, and each waits for whom chance has put before it.
 * @param {Findings} findings @param {Record<Mode, Map<string, number[]>[]>} times
 */
function judgeKinds(findings, { well, tarpit, down }) {
  const names = [...new Set(well.flatMap((times) => [...times.keys()]))];
  const medianIn = (/** @type {readonly Map<string, number[]>[]} */ rounds, /** @type {string} */ name) =>
    quantile(
      rounds.flatMap((times) => times.get(name) ?? []),
      0.5,
    );
  const most = (/** @type {readonly Map<string, number[]>[]} */ rounds) =>
    names
      .map((name) => ({ name, more: medianIn(rounds, name) - medianIn(well, name) }))
      .reduce((one, other) => (other.more > one.more ? other : one));
  const [inTarpit, whenDown] = [most(tarpit), most(down)];
  return findings
    .note('kinds of requests', names.length)
    .atMost(`most in the tarpit (${inTarpit.name})`, inTarpit.more, 10, 'ms')
    .atMost(`most when it is down (${whenDown.name})`, whenDown.more, 10, 'ms');
}

/** @type {Experiment} */
export const mailSchedule = {
  id: 'R-21',
  what: 'mails that are refused, and two nodes that send',
  must: '4xx is tried again after 10 s and 30 s, 5xx is not, each mail has one sender',
  async run(stage) {
    const office = await PostOffice.on(stage);
    const database = await stage.postgres();
    const dataDir = stage.folder('data');
    const settings = { DATABASE_URL: database.url, SMTP_URL: office.url, LIMIT_MAILS_PER_SECOND: '100' };
    const nodes = [await stage.broker({ dataDir, settings }), await stage.broker({ dataDir, settings })];
    office.answer = (recipient) => {
      if (recipient.startsWith('never')) return '550 nobody here';
      if (recipient.startsWith('later') && (office.tries.get(recipient)?.length ?? 0) < 3)
        return '450 come back';
      return '250 well';
    };
    const url = (/** @type {number} */ at) => nodes[at % 2]?.url ?? '';
    await posted(url(0), 'later');
    await posted(url(1), 'never');
    const many = stage.pick(500, 40);
    for (let at = 0; at < many; at += 1) await posted(url(at), `one-${at}`);
    stage.say(`${many} mails are posted`);
    await until(() => office.taken.size >= many + 1, 90_000);
    const [first = 0, second = 0, third = 0] = office.tries.get('later@example.org') ?? [];
    const twice = [...office.taken].filter(([, count]) => count > 1).map(([id, count]) => `${id}: ${count}`);
    return (
      new Findings()
        .atLeast('mails taken', office.taken.size, many + 1)
        .none('taken twice', twice)
        // ± 20 % of chance, and up to 5 s until somebody looks.
        .atLeast('first pause', (second - first) / 1_000, 8, 's')
        .atMost('first pause', (second - first) / 1_000, 17, 's')
        .atLeast('second pause', (third - second) / 1_000, 24, 's')
        .atMost('second pause', (third - second) / 1_000, 41, 's')
        .atMost(
          'tries of a mail that is refused for good',
          office.tries.get('never@example.org')?.length ?? 0,
          1,
        )
    );
  },
};

/** @type {Experiment} */
export const mailKills = {
  id: 'R-22',
  what: 'kill -9 while mails are sent',
  must: 'no mail is lost, at most one is doubled with each kill, and its Message-ID is the same',
  async run(stage) {
    const office = await PostOffice.on(stage);
    const dataDir = stage.folder('data');
    const start = () =>
      stage.broker({ dataDir, settings: { SMTP_URL: office.url, LIMIT_MAILS_PER_SECOND: '50' } });
    /** @type {string[]} */
    const owed = [];
    const kills = stage.pick(100, 3);
    /** @type {number[]} */
    const killedAt = [];
    let broker = await start();
    for (let kill = 1; kill <= kills; kill += 1) {
      const { url } = broker;
      const signingUp = Promise.all(
        [0, 1, 2].map(async (lane) => {
          for (let at = 0; ; at += 1) {
            const name = `m${kill}-${lane}-${at}`;
            if (!(await posted(url, name))) return;
            owed.push(`${name}@example.org`);
          }
        }),
      );
      const before = owed.length;
      await until(() => owed.length >= before + 3, 10_000);
      await pause(randomInt(1_500));
      killedAt.push(performance.now());
      broker.kill();
      await Promise.all([broker.ended, signingUp]);
      broker = await start();
      if (kill % 10 === 0 || stage.short) stage.say(`${kill} kills, ${owed.length} mails`);
    }
    const missing = () => owed.filter((recipient) => !office.byRecipient.has(recipient));
    // A mail whose sender was killed is somebody else's after its lease of 60 s.
    await until(() => missing().length === 0, 120_000);
    const doubled = [...office.taken.values()].reduce((sum, count) => sum + count - 1, 0);
    const changed = [...office.byRecipient].filter(([, ids]) => ids.size > 1).map(([recipient]) => recipient);
    return new Findings()
      .note('kills', kills)
      .note('mails', owed.length)
      .none('lost', missing())
      .atMost('doubled', doubled, kills)
      .note('most by one kill', mostByOne(killedAt, office))
      .none('with two Message-IDs', changed);
  },
};

/** Of the mails that came again: taken between the kill before and this one, and not written down as sent. @param {readonly number[]} killedAt @param {PostOffice} office */
function mostByOne(killedAt, office) {
  const again = [...office.taken].filter(([, count]) => count > 1).map(([id]) => office.firstTaken.get(id));
  const byKill = killedAt.map((at, kill) => {
    const since = killedAt[kill - 1] ?? 0;
    return again.filter((taken = 0) => taken > since && taken <= at).length;
  });
  return Math.max(...byKill);
}

/** @type {Experiment} */
export const mailBacklog = {
  id: 'R-22',
  what: 'a backlog of mail is sent',
  must: 'at the configured rate, and the web does not wait for it',
  async run(stage) {
    const office = await PostOffice.on(stage);
    office.mode = 'tarpit';
    const dataDir = stage.folder('data');
    const rate = stage.pick(50, 20);
    const settings = { SMTP_URL: office.url, LIMIT_MAILS_PER_SECOND: `${rate}` };
    const first = await stage.broker({ dataDir, settings: {} });
    const person = await signUp(first, 'ann');
    first.kill();
    await first.ended;
    const filling = await stage.broker({ dataDir, settings });
    const many = stage.pick(10_000, 150);
    let at = 0;
    const fill = async () => {
      while (at < many) {
        at += 1;
        await posted(filling.url, `b${at}`);
        if (at % 1_000 === 0) stage.say(`${at} mails wait`);
      }
    };
    await Promise.all([fill(), fill(), fill(), fill()]);
    filling.kill();
    await filling.ended;
    office.mode = 'well';
    const broker = await stage.broker({ dataDir, settings });
    const since = performance.now();
    /** @type {number[]} */
    const during = [];
    // Those under way in the tarpit have a lease of a minute: they are not waited for.
    while (office.taken.size < many - 8) {
      during.push((await deviceList(broker.url, person)).ms);
      await pause(20);
      if (performance.now() - since > (many / rate) * 4_000 + 60_000) break;
    }
    const seconds = (performance.now() - since) / 1_000;
    const quiet = [];
    for (let n = 0; n < during.length && n < 500; n += 1) {
      quiet.push((await deviceList(broker.url, person)).ms);
      await pause(20);
    }
    return new Findings()
      .atLeast('mails', office.taken.size, many - 8)
      .atLeast('rate', office.taken.size / seconds, rate * 0.8, '/s')
      .atMost('rate', office.taken.size / seconds, rate * 1.2, '/s')
      .note('p99 without', quantile(quiet, 0.99), 'ms')
      .atMost('p99 of lists meanwhile', quantile(during, 0.99), 50, 'ms');
  },
};

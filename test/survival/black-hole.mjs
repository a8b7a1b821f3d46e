import { Findings } from './findings.mjs';
import { ask } from './people.mjs';
import { Siege } from './postgres-faults.mjs';
import { residentMbOf } from './process.mjs';

/** @param {string} opsUrl @param {string} name @returns {Promise<number>} the first sample of a metric */
export async function metric(opsUrl, name) {
  const { text } = await ask(`${opsUrl}/metrics`);
  return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1]);
}

/** @type {import('./stage.mjs').Experiment} */
export const blackHole = {
  id: 'R-14',
  what: 'PostgreSQL in a black hole: packets vanish, nobody is told',
  must: 'every request ends within 3 s, the event loop stays free, memory too, back within 5 s',
  async run(stage) {
    const { database, proxy, broker } = await stage.onPostgres();
    const siege = await Siege.around(broker, (statement) => database.rows(statement));
    /** @type {number[]} */
    const lags = [];
    let before = 0;
    let growth = 0;
    for (let round = 1; round <= stage.pick(5, 1); round += 1) {
      await siege.fault(
        async () => {
          before = residentMbOf(broker.pid);
          // Begins a new measurement: prom-client counts anew after each reading.
          await metric(broker.opsUrl, 'signpost_nodejs_eventloop_lag_p99_seconds');
          proxy.blackHole();
        },
        async () => {
          lags.push(1_000 * (await metric(broker.opsUrl, 'signpost_nodejs_eventloop_lag_p99_seconds')));
          growth = Math.max(growth, residentMbOf(broker.pid) - before);
          proxy.heal();
        },
        stage.pick(20_000, 5_000),
      );
      stage.say(`${round} black holes, ${siege.storm.acknowledged} acknowledged; ${siege.every.inWords}`);
    }
    const findings = new Findings()
      .atMost('slowest answer meanwhile', Math.max(siege.every.longest, ...siege.watch.times) / 1_000, 3, 's')
      .atMost('event loop lag, p99', Math.max(...lags), 50, 'ms')
      .atMost('memory grown', growth, 50, 'MB')
      .atMost('back after', Math.max(...siege.recoveries), 5, 's');
    return siege.judge(findings);
  },
};

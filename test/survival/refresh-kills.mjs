import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { letIn, refresh, tokensIn } from './apps.mjs';
import { Findings } from './findings.mjs';
import { signUp } from './people.mjs';

/** @type {import('./stage.mjs').Experiment} */
export const refreshKills = {
  id: 'R-10',
  what: 'kill -9 while an app renews its tokens',
  must: 'the family stays usable, and a lost answer is given again the same',
  async run(stage) {
    const dataDir = stage.folder('data');
    // An app keeps its issuer and its address over restarts: so must the broker.
    const start = () => stage.broker({ dataDir, settings: { PUBLIC_URL: 'http://localhost:8095' } });
    let broker = await start();
    await signUp(broker, 'ann');
    let { refresh: held } = await letIn(broker.url, 'ann', 'openid servers:read');
    const lost = [];
    const different = [];
    let renewed = 0;
    const kills = stage.pick(100, 3);
    for (let at = 1; at <= kills; at += 1) {
      void pause(200 + randomInt(800)).then(() => broker.kill());
      const seen = await renewUntilGone(broker.url, held);
      renewed += seen.renewed;
      held = seen.held;
      await broker.ended;
      broker = await start();
      // Nobody knows whether the last one was carried out. Two ask at once, as an app's own parts do.
      const answers = await Promise.all([refresh(broker.url, held), refresh(broker.url, held)]);
      if (answers.some(({ status }) => status !== 200)) {
        lost.push(answers.map(({ status, text }) => `${status} ${text.slice(0, 100)}`).join(', '));
        break;
      }
      const successors = answers.map((answer) => tokensIn(answer).refresh);
      if (new Set(successors).size !== 1)
        different.push(successors.map((token) => token.slice(0, 8)).join(', '));
      held = successors[0] ?? '';
      if (at % 10 === 0 || stage.short) stage.say(`${at} kills, ${renewed} renewed`);
    }
    return new Findings()
      .note('kills', kills)
      .note('renewed', renewed)
      .none('families lost', lost)
      .none('different successors', different);
  },
};

/** @param {string} url @param {string} held @returns {Promise<{ held: string, renewed: number }>} the token whose successor is not known */
async function renewUntilGone(url, held) {
  for (let renewed = 0; ; renewed += 1) {
    try {
      held = tokensIn(await refresh(url, held)).refresh;
    } catch {
      return { held, renewed };
    }
  }
}

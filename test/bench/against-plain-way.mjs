/** P-11: discovery by the broker, and as most would build it. */
import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { compileInto } from '../../scripts/lib/typescript.mjs';
import { writeSimpleTokens } from './access-tokens.mjs';
import { atLeast, perSecond } from './facts.mjs';
import { load, start, startBroker } from './processes.mjs';
import { rounds } from './rounds.mjs';

/** @typedef {import('./stage.mjs').Stage} Stage */

const SOURCE = 'test/bench/plain-way.ts';
const SECRET = 'thirty-two letters, as is usual.';

/** @param {string} folder to compile into @param {string} file of SQLite */
async function startPlainWay(folder, file) {
  await compileInto(folder, [SOURCE]);
  symlinkSync(inCheckout('node_modules'), path.join(folder, 'node_modules'));
  const program = path.join(folder, SOURCE.replace(/\.ts$/, '.js'));
  const env = { PATH: process.env['PATH'], NODE_ENV: 'production', JWT_SECRET: SECRET };
  return start([process.execPath, program, file], env);
}

/** @type {{ ids: readonly string[], run(stage: Stage): Promise<import('./facts.mjs').Result[]> }} */
export const againstPlainWay = {
  ids: ['P-11'],
  async run(stage) {
    const dataDir = await stage.sqlite();
    // A copy, because it opens the file in its own way.
    const file = `${stage.copyOf(dataDir)}/signpost.sqlite`;
    const plain = await startPlainWay(stage.subfolder('plain-way'), file);
    const tokens = path.join(stage.subfolder('tokens'), 'tokens.json');
    writeSimpleTokens(SECRET, stage.sizes.rich, tokens);
    const asked = { tokens, path: '/service/servers' };
    const broker = await startBroker(dataDir);
    const job = { kind: /** @type {const} */ ('list'), connections: 32, from: 0, count: stage.sizes.rich };
    await load({ ...job, port: broker.port });
    const { seconds } = stage.effort;
    const result = await rounds(Math.min(3, stage.effort.rounds), {
      broker: async () => (await load({ ...job, port: broker.port, seconds })).rate,
      plain: async () => (await load({ ...job, ...asked, port: plain.port, seconds })).rate,
    });
    for (const subject of [broker, plain]) await subject.stop();
    return [
      atLeast({
        id: 'P-11',
        what: 'discovery, warm, to the plain way',
        value: result.ratio('broker', 'plain'),
        least: 30,
        detail: `${perSecond(result.rate.broker)}, NestJS on Express with passport-jwt and TypeORM ${perSecond(result.rate.plain)}`,
      }),
    ];
  },
};

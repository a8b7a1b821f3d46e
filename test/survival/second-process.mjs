import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BrokerProcess } from '../../scripts/lib/broker.mjs';
import { Findings } from './findings.mjs';
import { deviceList, signUp } from './people.mjs';

/** @type {import('./stage.mjs').Experiment} */
export const secondProcess = {
  id: 'R-16',
  what: 'a second broker on the same file; a file that is damaged',
  must: 'refuses with a clear message, keeps the file, and the first one serves on',
  async run(stage) {
    const findings = new Findings();
    const dataDir = stage.folder('data');
    const first = await stage.broker({ dataDir, settings: { DRAIN_DELAY_SECONDS: '1' } });
    const person = await signUp(first, 'ann');
    const second = await endOf(dataDir);
    findings.none('second brokers that started', second.refused ? [] : [second.words]);
    findings.none('unclear words', /already|another|uses/i.test(second.words) ? [] : [second.words]);
    findings.atMost('answer of the first afterwards', (await deviceList(first.url, person)).status, 200);
    // In order, so that nothing is left in the WAL that would cover the damage.
    first.signal('SIGTERM');
    await first.ended;
    const file = path.join(dataDir, 'signpost.sqlite');
    const sound = readFileSync(file);
    for (const [what, hurt] of Object.entries(DAMAGES)) {
      writeFileSync(file, hurt(sound));
      const before = readFileSync(file);
      const third = await endOf(dataDir);
      findings.none(`started on a file ${what}`, third.refused ? [] : [third.words]);
      findings.none('unclear words about it', third.words.includes('cannot be used') ? [] : [third.words]);
      const kept = existsSync(file) && readFileSync(file).equals(before);
      findings.none('damaged files that were changed', kept ? [] : [file]);
    }
    return findings;
  },
};

/** @type {Readonly<Record<string, (sound: Buffer) => Buffer>>} */
const DAMAGES = {
  'with nonsense over some pages': (sound) =>
    Buffer.concat([sound.subarray(0, 4_096), Buffer.alloc(8_192, 0xa5), sound.subarray(12_288)]),
  'that was cut short': (sound) => sound.subarray(0, sound.length / 2),
  'that is no database': () => Buffer.alloc(65_536, 'not a database '),
};

/** Starts one that must not start. @param {string} dataDir */
async function endOf(dataDir) {
  const broker = new BrokerProcess(dataDir);
  const started = broker.listening().then(
    () => 'it listens',
    () => '',
  );
  const how = await Promise.race([broker.ended, started]);
  broker.kill();
  const ended = await broker.ended;
  const refused = /^exit code [1-9]/.test(how);
  return { refused, words: `${ended} ${broker.trouble}` };
}

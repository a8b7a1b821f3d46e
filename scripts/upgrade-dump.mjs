/**
 * `node scripts/upgrade-dump.mjs`: keeps a database of each schema that has none yet in `test/upgrades`, with a row in
 * every table, for the versions to come: each of them must bring it up to its own. After each new migration; what
 * is kept is never written again.
 */
import { run, tail } from './lib/child.mjs';
import { ensureInstalled, inPackage } from './lib/install.mjs';
import { perform, say } from './lib/say.mjs';

await perform(async () => {
  await ensureInstalled();
  const jest = ['--experimental-vm-modules', '--no-warnings', inPackage('jest', 'bin/jest.js')];
  const args = [...jest, '--config', 'config/jest.config.mjs', 'test/contract/upgrades.test.ts'];
  const { code, output } = await run(process.execPath, args, {
    env: { ...process.env, TAKE_UPGRADE_DUMPS: 'yes' },
  });
  say(tail(output, 40));
  return code;
});

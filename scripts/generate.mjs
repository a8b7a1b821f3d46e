/**
 * `npm run generate`: writes the files that are made from code, so that nobody keeps them up by hand. With `--check` it
 * writes nothing and fails when one of them is not what the code says.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { ensureBuilt } from './lib/build.mjs';
import { inCheckout } from './lib/checkout.mjs';
import { environmentExample } from './lib/environment-example.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { perform, say, Stop } from './lib/say.mjs';

/** @typedef {typeof import('../src/config/settings.js')} Settings */

/** @returns {Promise<Record<string, string>>} file → what it has to hold */
async function wanted() {
  const built = pathToFileURL(inCheckout('dist/config/settings.js')).href;
  /** @type {Settings} */
  // eslint-disable-next-line @typescript-eslint/no-unsafe-assignment -- no type checker sees into dist
  const { sections } = await import(built);
  return { '.env.example': environmentExample(sections) };
}

/** @param {string} name @returns {string | null} */
function present(name) {
  const file = inCheckout(name);
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

await perform(async () => {
  await ensureInstalled();
  await ensureBuilt();
  const stale = Object.entries(await wanted()).filter(([name, text]) => present(name) !== text);
  const names = stale.map(([name]) => name).join(', ');
  if (process.argv.includes('--check')) {
    if (stale.length > 0) throw new Stop(`out of date: ${names}; run npm run generate`);
    return 0;
  }
  for (const [name, text] of stale) writeFileSync(inCheckout(name), text);
  say(stale.length > 0 ? `written: ${names}` : 'everything was up to date');
  return 0;
});

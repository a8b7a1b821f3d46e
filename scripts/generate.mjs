/**
 * `npm run generate`: writes the files that are made from code, so that nobody keeps them up by hand. With `--check` it
 * writes nothing and fails when one of them is not what the code says.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { ensureBuilt } from './lib/build.mjs';
import { inCheckout } from './lib/checkout.mjs';
import { environmentExample } from './lib/environment-example.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { metricList } from './lib/metric-list.mjs';
import { problemList } from './lib/problem-list.mjs';
import { perform, say, Stop } from './lib/say.mjs';

/** @typedef {typeof import('../src/config/settings.js')} Settings */
/** @typedef {typeof import('../src/edges/api/problems/problem-list.js')} Problems */
/** @typedef {typeof import('../src/api-document.js')} Api */
/** @typedef {typeof import('../src/platform/metrics/metrics.js')} Metrics */

/** @param {string} file below src @returns {string} what import() takes */
const built = (file) => pathToFileURL(inCheckout(`dist/modules/${file}`)).href;

/* eslint-disable @typescript-eslint/no-unsafe-assignment -- no type checker sees into dist */
/** @returns {Promise<Record<string, string>>} file → what it has to hold */
async function wanted() {
  /** @type {Settings} */
  const { sections } = await import(built('config/settings.js'));
  /** @type {Problems} */
  const { PROBLEMS } = await import(built('edges/api/problems/problem-list.js'));
  /** @type {Api} */
  const { routeDocuments } = await import(built('api-document.js'));
  /** @type {Metrics} */
  const { declaredMetrics } = await import(built('platform/metrics/metrics.js'));
  const { openApi, callers } = await routeDocuments();
  return {
    '.env.example': environmentExample(sections),
    'docs/problems.md': problemList(PROBLEMS),
    // The API document has loaded the whole broker, and with it every declaration.
    'docs/metrics.md': metricList(declaredMetrics()),
    'docs/openapi.json': openApi,
    'docs/callers.md': await formatted(callers),
  };
}
/* eslint-enable @typescript-eslint/no-unsafe-assignment */

/** Tables as the formatter has them. @param {string} text @returns {Promise<string>} */
async function formatted(text) {
  const options = await resolveConfig(inCheckout('docs/callers.md'), {
    config: inCheckout('config/prettier.json'),
  });
  return format(text, { ...options, parser: 'markdown' });
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

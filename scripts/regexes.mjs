/**
 * No regular expression that runs in production may take more than linear time, whatever it is given (S-102): those of
 * the broker and of the scripts that it sends to browsers. Arguments: other files and folders than `src`.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { root } from './lib/checkout.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { perform, say } from './lib/say.mjs';

const isCode = /\.(?:[cm]?[jt]s|[jt]sx)$/;
const isTest = /\.test\.tsx?$/;

/** @param {string} place @returns {string[]} */
const filesIn = (place) =>
  statSync(place).isDirectory()
    ? readdirSync(place, { recursive: true, encoding: 'utf8' })
        .filter((name) => isCode.test(name) && !isTest.test(name))
        .map((name) => path.join(place, name))
    : [place];

await perform(async () => {
  await ensureInstalled();
  const { complaints, regexesIn } = await import('./lib/regexes.mjs');
  const given = process.argv.slice(2);
  const places = given.length > 0 ? given : [path.join(root, 'src')];
  const regexes = places
    .flatMap(filesIn)
    .flatMap((file) => regexesIn(readFileSync(file, 'utf8'), path.relative(root, file)));
  const bad = await complaints(regexes);
  for (const line of bad) console.log(line);
  say(`${regexes.length} regular expressions, ${bad.length} of them bad`);
  return bad.length > 0 || regexes.length === 0 ? 1 : 0;
});

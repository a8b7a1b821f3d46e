/**
 * TypeScript → JavaScript for the tests, by SWC, kept in the temporary folder until the source changes. Types are checked by
 * `npm run check`.
 */
import { transformSync } from '@swc/core';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { fingerprint, inCheckout, shortHash } from '../../scripts/lib/checkout.mjs';
import { privateFolder } from '../../scripts/lib/lock.mjs';

/** @type {import('@swc/core').Options} */
const OPTIONS = {
  configFile: false,
  swcrc: false,
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', tsx: true, decorators: true },
    transform: {
      legacyDecorator: true,
      decoratorMetadata: true,
      react: { runtime: 'automatic', importSource: 'preact' },
    },
  },
  module: { type: 'es6' },
  sourceMaps: true,
};

/** What else decides what comes out. */
const settings = fingerprint([inCheckout('package-lock.json'), inCheckout('config/jest/compile.mjs')]);

/** @param {string} file absolute @returns {string} what it was compiled to; its source map is called the same with `.map` */
export const compiledName = (file) => path.join(privateFolder('compiled'), `${shortHash(file)}.js`);

/** @param {string} file an absolute path of a .ts or .tsx @returns {string} an ES module */
export function compile(file) {
  const source = readFileSync(file, 'utf8');
  const kept = compiledName(file);
  // Its last line says from what it was made.
  const stamp = `\n//# compiled from ${shortHash(`${settings}\0${source}`)}\n`;
  if (existsSync(kept)) {
    const code = readFileSync(kept, 'utf8');
    if (code.endsWith(stamp)) return code;
  }
  const { code, map = '' } = transformSync(source, {
    ...OPTIONS,
    filename: file,
    sourceFileName: pathToFileURL(file).href,
  });
  write(`${kept}.map`, map);
  write(kept, code + stamp);
  return code + stamp;
}

/** Whole or not at all: other workers compile the same. @param {string} file @param {string} text */
function write(file, text) {
  writeFileSync(`${file}.${process.pid}`, text);
  renameSync(`${file}.${process.pid}`, file);
}

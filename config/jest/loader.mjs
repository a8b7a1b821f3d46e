/**
 * How Node finds and loads what the tests import (`module.register`): `./thing.js` is `thing.ts` or `thing.tsx`, which are
 * compiled on the way. What lies in `test/` is loaded anew for every test file (`?run=…` in its address), so that no state
 * of a test's own modules is seen by the next file; `src` and packages are loaded once in a process, as in production.
 * Unit tests, which lie in `src`, load all of ours anew: they may meet state of a module, and load little.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { compile } from './compile.mjs';

const globals = new URL('globals.mjs', import.meta.url).href;
const checkout = pathToFileURL(inCheckout('/')).href;
const packages = pathToFileURL(inCheckout('node_modules/')).href;
const tests = pathToFileURL(inCheckout('test/')).href;

/** @type {Map<string, string>} addresses as imported → as they are on disk */
const onDisk = new Map();

/** @param {string} address @returns {boolean} */
const isOurs = (address) => address.startsWith(checkout) && !address.startsWith(packages);

/** @type {import('node:module').ResolveHook} */
export async function resolve(specifier, context, next) {
  const { parentURL = '' } = context;
  if (!isOurs(parentURL)) return next(specifier, context);
  if (specifier === '@jest/globals') return { url: globals, format: 'module', shortCircuit: true };
  const isFile = /^(\.{1,2}\/|file:)/.test(specifier);
  return next(isFile ? addressOf(new URL(specifier, parentURL), new URL(parentURL)) : specifier, context);
}

/** @param {URL} url as imported @param {URL} parent @returns {string} where it is, and whose it is */
function addressOf(url, parent) {
  if (!isOurs(url.href)) return url.href;
  const run = parent.searchParams.get('run');
  const isOwn = run?.startsWith('unit') === true || url.href.startsWith(tests) || url.search !== '';
  if (run !== null && isOwn) url.searchParams.set('run', run);
  const { search } = url;
  url.search = '';
  return sourceOf(url.href) + search;
}

/** @param {string} address without a query @returns {string} */
function sourceOf(address) {
  const known = onDisk.get(address);
  if (known !== undefined) return known;
  const candidates = address.endsWith('.js') ? ['.js', '.ts', '.tsx'] : [];
  const found = candidates
    .map((ending) => address.replace(/\.js$/, ending))
    .find((one) => existsSync(fileURLToPath(one)));
  onDisk.set(address, found ?? address);
  return found ?? address;
}

/** @type {import('node:module').LoadHook} */
export async function load(url, context, next) {
  if (!isOurs(url)) return next(url, context);
  const file = fileURLToPath(url);
  if (!/^\.tsx?$/.test(path.extname(file))) return next(url, context);
  return { format: 'module', source: compile(file), shortCircuit: true };
}

/**
 * Loads test files with Node's own loader. In Jest's contexts every one of 150 files loads the broker, NestJS, TypeORM and
 * oidc-provider again, and runs them as code that V8 has never seen; here a worker process loads them once. Scheduling,
 * workers, reports, `expect` and the order of tests and hooks (jest-circus) are Jest's.
 */
import { createRequire, register } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { compiledName } from './compile.mjs';
import { become } from './globals.mjs';
import './keep-sqlite.mjs';

const require = createRequire(import.meta.url);

register('./loader.mjs', import.meta.url);
let runs = 0;

/** @typedef {import('./environment.mjs').default} Environment */
/** @typedef {import('./globals.mjs').Globals} Globals */

/** Answers where the source map of a module is, by its address in a stack trace. @extends {Map<string, string>} */
class SourceMaps extends Map {
  /** @override @param {string} address @returns {string | undefined} */
  get(address) {
    return /^file:.*\.tsx?(\?|$)/.test(address) ? `${compiledName(fileURLToPath(address))}.map` : undefined;
  }
}

/** What jest-runner and jest-circus ask of jest-runtime. */
export default class NativeRuntime {
  #environment;
  #run;

  /** @param {unknown} _config @param {Environment} environment */
  constructor(_config, environment) {
    this.#environment = environment;
    runs += 1;
    this.#run = runs;
  }

  unstable_shouldLoadAsEsm() {
    return true;
  }

  /** @param {string} file @returns {Promise<unknown>} */
  unstable_importModule(file) {
    const kind = file.startsWith(inCheckout('src/')) ? 'unit' : '';
    return import(`${pathToFileURL(file).href}?run=${kind}${this.#run}`);
  }

  /** jest-circus keeps its state in its module: each file gets its own. @param {string} file @returns {unknown} */
  requireInternalModule(file) {
    Reflect.deleteProperty(require.cache, file);
    return require(file);
  }

  /** @param {string} file @returns {unknown} */
  requireModule(file) {
    return require(file);
  }

  /** @param {Omit<Globals, 'jest'>} globals */
  setGlobalsForRuntime(globals) {
    become({ ...globals, jest: this.#environment.jest });
  }

  getSourceMaps() {
    return new SourceMaps();
  }

  /** Coverage is not measured. @returns {undefined} */
  getAllCoverageInfoCopy() {
    return undefined;
  }

  /** There is no context whose end tests must not outlive. @returns {undefined} */
  enterTestCode() {
    return undefined;
  }

  /** @returns {undefined} */
  leaveTestCode() {
    return undefined;
  }

  /** The environment does it. @returns {undefined} */
  teardown() {
    return undefined;
  }
}

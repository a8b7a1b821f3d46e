/**
 * The media server and the device of `test/simulator`, compiled for a script: they are TypeScript, and Node 20 reads
 * JavaScript only. Types are not checked here; `npm run check` does that.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { inCheckout } from '../lib/checkout.mjs';

/** @typedef {typeof import('../../test/simulator/media-server.js').MediaServer} MediaServer */
/** @typedef {typeof import('../../test/simulator/device.js').Device} Device */
/** @typedef {typeof import('../../test/simulator/sign-up.js').register} Register */
/** @typedef {typeof import('../../test/simulator/wire.js').send} Send */
/** @typedef {import('../../test/simulator/wire.js').Exchange} Exchange */

/** @typedef {{ MediaServer: MediaServer, Device: Device, register: Register, send: Send }} Simulator */

/** @param {string} folder to compile into @returns {Promise<Simulator>} */
export async function loadSimulator(folder) {
  // Imported late: on a fresh clone it is not there when this file is read.
  const { default: ts } = await import('typescript');
  const from = inCheckout('test/simulator');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}\n');
  for (const name of readdirSync(from).filter((file) => /(?<!\.test)\.ts$/.test(file))) {
    const { outputText } = ts.transpileModule(readFileSync(path.join(from, name), 'utf8'), {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    });
    writeFileSync(path.join(folder, name.replace(/\.ts$/, '.js')), outputText);
  }
  /** @param {string} name @returns {Promise<unknown>} */
  const load = (name) => import(pathToFileURL(path.join(folder, name)).href);
  const [{ MediaServer }, { Device }, { register }, { send }] = await Promise.all([
    /** @type {Promise<{ MediaServer: MediaServer }>} */ (load('media-server.js')),
    /** @type {Promise<{ Device: Device }>} */ (load('device.js')),
    /** @type {Promise<{ register: Register }>} */ (load('sign-up.js')),
    /** @type {Promise<{ send: Send }>} */ (load('wire.js')),
  ]);
  return { MediaServer, Device, register, send };
}

/** The media server and the device of `test/simulator`, for a script. */
import { readdirSync } from 'node:fs';
import { inCheckout } from '../lib/checkout.mjs';
import { compileInto } from '../lib/typescript.mjs';

/** @typedef {typeof import('../../test/simulator/media-server.js').MediaServer} MediaServer */
/** @typedef {typeof import('../../test/simulator/device.js').Device} Device */
/** @typedef {typeof import('../../test/simulator/sign-up.js').register} Register */
/** @typedef {typeof import('../../test/simulator/wire.js').send} Send */
/** @typedef {import('../../test/simulator/wire.js').Exchange} Exchange */

/** @typedef {{ MediaServer: MediaServer, Device: Device, register: Register, send: Send }} Simulator */

/** @param {string} folder to compile into @returns {Promise<Simulator>} */
export async function loadSimulator(folder) {
  const names = readdirSync(inCheckout('test/simulator')).filter((file) => /(?<!\.test)\.ts$/.test(file));
  const load = await compileInto(
    folder,
    names.map((name) => `test/simulator/${name}`),
  );
  const [{ MediaServer }, { Device }, { register }, { send }] = await Promise.all([
    /** @type {Promise<{ MediaServer: MediaServer }>} */ (load('test/simulator/media-server.ts')),
    /** @type {Promise<{ Device: Device }>} */ (load('test/simulator/device.ts')),
    /** @type {Promise<{ register: Register }>} */ (load('test/simulator/sign-up.ts')),
    /** @type {Promise<{ send: Send }>} */ (load('test/simulator/wire.ts')),
  ]);
  return { MediaServer, Device, register, send };
}

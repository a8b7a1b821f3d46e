/** The doubles of the tests, for experiments: a proxy that fails, media servers and devices. */
import { readdirSync } from 'node:fs';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { compileInto } from '../../scripts/lib/typescript.mjs';

/** @typedef {import('../support/fault-proxy.js').FaultProxy} FaultProxy */

/**
 * @typedef {object} Doubles
 * @property {typeof import('../support/fault-proxy.js').FaultProxy} FaultProxy
 * @property {typeof import('../simulator/media-server.js').MediaServer} MediaServer
 * @property {typeof import('../simulator/device.js').Device} Device
 */

/** @param {string} folder to compile into @returns {Promise<Doubles>} */
export async function loadDoubles(folder) {
  const simulator = readdirSync(inCheckout('test/simulator'))
    .filter((name) => /(?<!\.test)\.ts$/.test(name))
    .map((name) => `test/simulator/${name}`);
  const load = await compileInto(folder, [...simulator, 'test/support/fault-proxy.ts']);
  const [{ FaultProxy }, { MediaServer }, { Device }] = await Promise.all([
    /** @type {Promise<Pick<Doubles, 'FaultProxy'>>} */ (load('test/support/fault-proxy.ts')),
    /** @type {Promise<Pick<Doubles, 'MediaServer'>>} */ (load('test/simulator/media-server.ts')),
    /** @type {Promise<Pick<Doubles, 'Device'>>} */ (load('test/simulator/device.ts')),
  ]);
  return { FaultProxy, MediaServer, Device };
}

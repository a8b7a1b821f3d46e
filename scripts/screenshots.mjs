/**
 * `npm run screenshots`: a picture of every page, as people see it, into docs/screenshots. The broker is the built one with
 * an empty folder; its sample data comes the way real data comes: from people, servers and devices. Nothing else is left
 * behind.
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { BrokerProcess } from './lib/broker.mjs';
import { loadSimulator } from './demo/simulator.mjs';
import { ensureBuilt } from './lib/build.mjs';
import { inCheckout } from './lib/checkout.mjs';
import { findChromium } from './lib/chromium.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { perform, say, Stop } from './lib/say.mjs';
import { Camera } from './screenshots/camera.mjs';
import { takeAll } from './screenshots/tour.mjs';

const pictures = inCheckout('docs/screenshots');

/** More would make the repository heavy for everybody who clones it. */
const mostBytes = { one: 60 * 1024, all: 1.5 * 1024 * 1024 };

/** The second wrong PIN in a minute makes the page ask for the password first, of whoever gave it more than a second ago. */
const onGuard = { LIMIT_WRONG_PINS_MINUTE: '1', REAUTHENTICATION_TTL_SECONDS: '1' };

function checkSizes() {
  const sizes = readdirSync(pictures)
    .filter((name) => name.endsWith('.png'))
    .map((name) => ({ name, bytes: statSync(path.join(pictures, name)).size }));
  const heavy = sizes.filter(({ bytes }) => bytes > mostBytes.one);
  const sum = sizes.reduce((total, { bytes }) => total + bytes, 0);
  if (heavy.length > 0) throw new Stop(`too heavy: ${heavy.map(({ name }) => name).join(', ')}`);
  if (sum > mostBytes.all) throw new Stop(`all pictures together have ${sum} bytes: too heavy`);
  say(`${sizes.length} pictures, ${Math.round(sum / 1024)} KiB, in docs/screenshots`);
}

/** @returns {Promise<number>} exit code */
async function screenshots() {
  const chromium = await findChromium();
  if (chromium === null) throw new Stop('Chromium is missing: install it, or name it in TEST_CHROMIUM');
  const folder = mkdtempSync(path.join(os.tmpdir(), 'signpost-screenshots-'));
  const broker = new BrokerProcess(path.join(folder, 'data'), onGuard);
  try {
    const simulator = await loadSimulator(path.join(folder, 'simulator'));
    const camera = await Camera.open(chromium, await broker.listening(), pictures);
    try {
      await takeAll({ broker, camera, simulator });
    } finally {
      await camera.close();
    }
    checkSizes();
    return 0;
  } finally {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

await perform(async () => {
  await ensureInstalled();
  await ensureBuilt();
  return screenshots();
});

/**
 * `npm run demo`: the whole main job, played over HTTP against a broker of its own, step by step, with what went over the
 * wire. The broker is the built one, in a process of its own; the media server and the devices are the doubles of
 * `test/simulator`, which send what real ones send. Nothing is left behind.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureBuilt } from './lib/build.mjs';
import { BrokerProcess } from './lib/broker.mjs';
import { Browser } from './demo/browser.mjs';
import { play, serverName } from './demo/scenes.mjs';
import { loadSimulator } from './demo/simulator.mjs';
import { Story } from './demo/story.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { interruption } from './lib/interrupts.mjs';
import { perform, secondsSince, Stop } from './lib/say.mjs';

/** @param {string} folder @param {BrokerProcess} broker @param {Story} story */
async function setTheStage(folder, broker, story) {
  const simulator = await loadSimulator(path.join(folder, 'simulator'));
  const url = await story.step(
    'A broker starts, with nothing set but a free port and an empty folder.',
    async () => {
      const address = await broker.listening();
      story.tell(`listening at ${address}`);
      return address;
    },
  );
  const browser = new Browser(simulator.send);
  const server = new simulator.MediaServer({ broker: url, name: serverName });
  story.follow(browser.exchanges);
  story.follow(server.exchanges);
  return { story, broker, url, simulator, browser, server };
}

/** Whatever happens, the media server is stopped. @param {string} folder @param {BrokerProcess} broker @param {Story} story */
async function tell(folder, broker, story) {
  const stage = await setTheStage(folder, broker, story);
  try {
    await play(stage);
  } finally {
    await stage.server.stop();
  }
}

/** @returns {Promise<number>} exit code */
async function demo() {
  const since = performance.now();
  const interrupted = interruption();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'signpost-demo-'));
  const story = new Story();
  const broker = new BrokerProcess(path.join(folder, 'data'));
  try {
    await Promise.race([tell(folder, broker, story), interrupted]);
    const how = await broker.stop();
    if (how !== 'exit code 0') throw new Stop(`the broker did not stop in order: ${how}`);
    console.log(`\nThe demo is over: ${story.steps} steps, all as expected, in ${secondsSince(since)}.`);
    return 0;
  } catch (error) {
    if (error instanceof Stop && broker.trouble !== '') {
      throw new Stop(`${error.message}\nWhat the broker had to say:\n${broker.trouble}`);
    }
    throw error;
  } finally {
    story.end();
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

await perform(async () => {
  await ensureInstalled();
  await ensureBuilt();
  return demo();
});

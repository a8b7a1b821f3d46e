import { afterAll, afterEach, beforeAll, describe } from '@jest/globals';
import { chromium, type Browser } from 'playwright-core';
import type { Environment } from '../../src/config/index.js';
import { TestBroker } from '../support/broker.js';
import { Tab } from './tab.js';
import { Visitor, type Way } from './visitor.js';

/**
 * Without these Chromium looks for its maker's hosts at every start, and ends when the process that draws was ended six times, as its
 * watchdog does where the machine is busy; root must do without the sandbox.
 */
const FLAGS = [
  '--disable-gpu',
  '--disable-gpu-watchdog',
  '--disable-gpu-process-crash-limit',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  // A page takes the place of the one before it in the same frame: what is sent along with every page (`Tab.bring`) is sent once then.
  '--enable-features=RenderDocument:level/crashed-frame',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

const whole = process.env['TEST_CHROMIUM'] ?? '';
/** The same engine without what surrounds pages: half the work for each that is opened. */
const shell = process.env['TEST_HEADLESS_SHELL'] ?? whole;

/** Where there is no Chromium, skipped by name. */
export const describeInChromium = whole === '' ? describe.skip : describe;

/** Headless. */
export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: shell, args: FLAGS, timeout: 60_000 });
}

/** With the back-forward cache that people's browsers have: the shell has none, and Playwright switches it off. */
export function launchWhole(): Promise<Browser> {
  const ignoreDefaultArgs = ['--disable-back-forward-cache'];
  return chromium.launch({ executablePath: whole, args: FLAGS, ignoreDefaultArgs, timeout: 60_000 });
}

/** What a test has: a broker, and visitors that come to it with browsers of their own. */
export interface Scene {
  readonly broker: TestBroker;
  visit(way: Way): Promise<Visitor>;
}

/**
 * Declares tests in a real Chromium (`TEST_CHROMIUM`; skipped by name without it): one browser and one broker for all
 * tests of the block. After each test, whatever its visitors saw of violations, errors and foreign requests fails it.
 */
export function inChromium(
  name: string,
  settings: Environment,
  tests: (scene: () => Scene) => void,
  open: () => Promise<Browser> = launch,
): void {
  describeInChromium(`${name}, in Chromium`, () => {
    let browser: Browser | undefined;
    let broker: TestBroker | undefined;
    let visitors: Visitor[] = [];
    const free: Tab[] = [];
    beforeAll(async () => {
      [browser, broker] = await Promise.all([open(), TestBroker.start({ ANTI_ROBOT: 'off', ...settings })]);
    });
    afterEach(async () => {
      const leaving = visitors;
      visitors = [];
      const findings = leaving.flatMap((visitor) => visitor.findings);
      for (const { tab } of leaving) if (await tab.empty()) free.push(tab);
      if (findings.length > 0) throw new Error(`the browser complained:\n${findings.join('\n')}`);
    });
    afterAll(async () => {
      await browser?.close();
      await broker?.remove();
    });
    tests(() => {
      if (!browser || !broker) throw new Error('the browser or the broker did not start');
      const [opened, served] = [browser, broker];
      return {
        broker: served,
        async visit(way) {
          const tab = free.pop() ?? (await Tab.open(opened, served.url));
          const visitor = await Visitor.arrive(tab, served, way);
          visitors.push(visitor);
          return visitor;
        },
      };
    });
  });
}

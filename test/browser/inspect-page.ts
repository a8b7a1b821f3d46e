import { expect } from '@jest/globals';
import type { Result } from 'axe-core';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Look } from './tab.js';
import type { Visitor } from './visitor.js';

/** All that a page loads, uncompressed: more than what goes over the wire. */
const MOST_BYTES = 60 * 1024;
/** What is called good (Core Web Vitals). */
const MOST_LAYOUT_SHIFT = 0.1;

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** Comes along with every page, where it costs nothing until it is called. */
const AXE_AT_HAND = `globalThis.loadAxe = () => {${AXE}}`;

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** Those that ask how a page looks; the others ask what it says, which no width and no colour changes. */
const RULES_OF_LOOKS = ['color-contrast', 'link-in-text-block', 'scrollable-region-focusable', 'target-size'];

const OVERFLOWING = `(() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return [];
  return [...document.querySelectorAll('body *')]
    .filter((one) => one.getBoundingClientRect().right > clientWidth + 1)
    .map((one) => one.outerHTML.slice(0, 120));
})()`;

const WEIGHT = `[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  .reduce((sum, { decodedBodySize }) => sum + decodedBodySize, 0)`;

const LAYOUT_SHIFT = `new Promise((resolve) => {
  let sum = 0;
  const add = (entries) => entries.forEach(({ value, hadRecentInput }) => (sum += hadRecentInput ? 0 : value));
  const observer = new PerformanceObserver((list) => add(list.getEntries()));
  observer.observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => (add(observer.takeRecords()), resolve(sum)), 20);
})`;

/** Pages that were looked at with script, by name: each test file has its own. */
const seen = new Set<string>();

/**
 * Looks at the page that is shown: weight, layout shift, axe in both widths and colours, and nothing cut off where it is
 * as narrow and as large as people need it. One without any script, which was looked at on its way with script, is the same.
 */
export async function inspectPage(visitor: Visitor): Promise<void> {
  const { page, way } = visitor;
  const name = `${await page.title()} (${new URL(page.url()).pathname})`;
  const anyName = name.replace(/[0-9a-f]{8,}|\d+/g, '#');
  if (way.script) seen.add(anyName);
  else if (seen.has(anyName) && (await page.locator('script').count()) === 0) return;
  const complaints = await measures(visitor);
  try {
    complaints.push(...(await violations(visitor, RULES)));
    // Once is enough: without script the page is the same, or less.
    if (way.script) {
      await visitor.tab.wear(other(way));
      complaints.push(...(await violations(visitor, RULES_OF_LOOKS)));
    }
    complaints.push(...(await overflows(visitor)));
  } finally {
    await visitor.tab.wear(way);
  }
  expect({ page: name, complaints }).toEqual({ page: name, complaints: [] });
}

async function measures(visitor: Visitor): Promise<string[]> {
  const weight = await visitor.look<number>(WEIGHT);
  const shift = await visitor.look<number>(LAYOUT_SHIFT);
  return [
    ...(weight < MOST_BYTES ? [] : [`weighs ${weight} bytes`]),
    ...(shift < MOST_LAYOUT_SHIFT ? [] : [`shifts by ${shift}`]),
  ];
}

const other = ({ width, scheme }: Look): Look => ({
  width: width === 390 ? 1280 : 390,
  scheme: scheme === 'light' ? 'dark' : 'light',
});

/** Nobody has to scroll sideways: 320 pixels wide, and letters of twice the size on half the width of a laptop. */
export async function overflows(visitor: Visitor): Promise<string[]> {
  const { page } = visitor;
  await page.setViewportSize({ width: 320, height: 640 });
  const narrow = await visitor.look<string[]>(OVERFLOWING);
  await page.setViewportSize({ width: 640, height: 400 });
  await visitor.look(`void (document.documentElement.style.fontSize = '200%')`);
  const large = await visitor.look<string[]>(OVERFLOWING);
  await visitor.look(`void (document.documentElement.style.fontSize = '')`);
  return [
    ...narrow.map((html) => `too wide at 320 px: ${html}`),
    ...large.map((html) => `too wide with letters of twice the size: ${html}`),
  ];
}

async function loadAxe(visitor: Visitor): Promise<void> {
  const { tab } = visitor;
  await tab.bring(AXE_AT_HAND);
  if (await visitor.look<boolean>(`globalThis.loadAxe?.(), 'axe' in globalThis`)) return;
  // Nothing comes along with a page without script.
  await tab.devtools.send('Runtime.evaluate', { expression: AXE });
}

/** Serious and critical ones, each with the element. */
async function violations(visitor: Visitor, runOnly: readonly string[]): Promise<string[]> {
  if (!(await visitor.look<boolean>(`'axe' in globalThis`))) await loadAxe(visitor);
  const found = await visitor.look<Result[]>(
    `axe.run(document, ${JSON.stringify({ runOnly, resultTypes: ['violations'] })}).then(({ violations }) => violations)`,
  );
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ''}`),
    );
}

/** A browser that walks through the pages and takes pictures of them. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { URL } from 'node:url';
import { lighter } from './png.mjs';

/** @typedef {import('playwright-core').Browser} Browser */
/** @typedef {import('playwright-core').Page} Page */

/** As `test/browser/chromium.ts` starts it. */
const flags = [
  '--disable-gpu',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

/** Suffix of the file → how somebody looks at the page. */
const looks = /** @type {const} */ ({
  phone: { viewport: { width: 390, height: 600 }, colorScheme: 'light' },
  'laptop-dark': { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
});

/** @typedef {keyof typeof looks} Look */

export class Camera {
  #browser;
  #folder;
  /** @type {Page} */
  #page;
  /** Base address of the broker. */
  url;

  /** @param {Browser} browser @param {Page} page @param {string} url @param {string} folder */
  constructor(browser, page, url, folder) {
    this.#browser = browser;
    this.#page = page;
    this.url = url;
    this.#folder = folder;
  }

  /** @param {string} executablePath @param {string} url @param {string} folder emptied first */
  static async open(executablePath, url, folder) {
    // Imported late: on a fresh clone it is not there when this file is read.
    const { chromium } = await import('playwright-core');
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.png'))) {
      rmSync(path.join(folder, name));
    }
    const browser = await chromium.launch({ executablePath, args: flags });
    const context = await browser.newContext({ reducedMotion: 'reduce', locale: 'en-GB' });
    context.setDefaultTimeout(5_000);
    return new Camera(browser, await context.newPage(), url, folder);
  }

  async close() {
    await this.#browser.close();
  }

  /** @param {string} link a path, or a link of a mail */
  async open(link) {
    const { pathname, search } = new URL(link, this.url);
    await this.#page.goto(this.url + pathname + search);
  }

  /** @param {Record<string, string>} fields by name */
  async fill(fields) {
    for (const [name, value] of Object.entries(fields)) {
      await this.#page.locator(`main input[name="${name}"]:not([type=hidden])`).first().fill(value);
    }
  }

  /** @param {string} name of a button or link */
  async press(name) {
    const target = this.#page.getByRole('button', { name }).or(this.#page.getByRole('link', { name }));
    await Promise.all([this.#page.waitForEvent('load'), target.first().click()]);
  }

  /** How the broker calls itself to apps. @returns {Promise<string>} */
  async issuer() {
    const answer = await fetch(`${this.url}/oidc/.well-known/openid-configuration`);
    /** @type {unknown} */
    const found = await answer.json();
    return /** @type {{ issuer: string }} */ (found).issuer;
  }

  /**
   * @param {string} name of the picture: a page may be taken in several looks
   * @param {Look[]} [wanted]
   * @param {{ isWhole?: boolean }} [how] a long page only as far as it is seen at first
   */
  async take(name, wanted = ['phone', 'laptop-dark'], { isWhole = true } = {}) {
    for (const look of wanted) {
      const { viewport, colorScheme } = looks[look];
      await this.#page.setViewportSize(viewport);
      await this.#page.emulateMedia({ colorScheme });
      const picture = await this.#page.screenshot({
        fullPage: isWhole,
        caret: 'hide',
        animations: 'disabled',
      });
      writeFileSync(path.join(this.#folder, `${name}-${look}.png`), lighter(picture));
    }
  }
}

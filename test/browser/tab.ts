import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core';
import { mark } from '../../src/edges/pages/assets.js';

/** How a page is looked at. */
export interface Look {
  readonly width: 390 | 1280;
  readonly scheme: 'light' | 'dark';
}

const HEIGHT = { 390: 844, 1280: 800 } as const;

/** Nothing of a test takes so long, on a machine that has much else to do either; a click on what is not there fails then. */
const PATIENCE_MS = 60_000;

/** Answers that Chromium reports as errors on its console, although a page came with them. */
const REFUSED = /^Failed to load resource: the server responded with a status of 4\d\d/;

/** Everything that an origin can keep in a browser. */
export const KEPT = `(async () => ({
  local: localStorage.length,
  session: sessionStorage.length,
  databases: (await indexedDB.databases()).length,
  caches: (await caches.keys()).length,
  workers: (await navigator.serviceWorker.getRegistrations()).length,
  cookies: document.cookie,
}))()`;

/** Besides, the pages that it can go back to, with the one that is shown. */
export const WITH_HISTORY = `(async () => ({ ...(await ${KEPT}), history: history.length }))()`;

export const NOTHING = { local: 0, session: 0, databases: 0, caches: 0, workers: 0, cookies: '' };
const EMPTIED = JSON.stringify({ ...NOTHING, history: 1 });

/**
 * A browser's page, with cookies and storage of its own, at which visitors sit down one after the other. A new one for each
 * costs a process that has drawn nothing yet and compiled nothing: four times what emptying this one does.
 */
export class Tab {
  /** What it complains about while the one who sits there now does: `Visitor.findings`. */
  findings: string[] = [];
  /** It was elsewhere, or opened others: what is kept there would have to be looked for. */
  #strayed = false;
  #scripts = new Set<string>();

  private constructor(
    readonly url: string,
    readonly page: Page,
    readonly devtools: CDPSession,
  ) {
    this.#listen();
  }

  /** @param url of the broker, which is all that is emptied */
  static async open(browser: Browser, url: string): Promise<Tab> {
    const context = await browser.newContext({ locale: 'en-GB' });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    const tab = new Tab(url, page, devtools);
    await devtools.send('Audits.enable');
    // Without it no script comes with a page.
    await devtools.send('Page.enable');
    return tab;
  }

  get context(): BrowserContext {
    return this.page.context();
  }

  async wear({ width, scheme }: Look): Promise<void> {
    // Colours that fade are not what they will be.
    await this.page.emulateMedia({ media: null, colorScheme: scheme, reducedMotion: 'reduce' });
    await this.page.setViewportSize({ width, height: HEIGHT[width] });
  }

  async allowScript(allowed: boolean): Promise<void> {
    await this.devtools.send('Emulation.setScriptExecutionDisabled', { value: !allowed });
  }

  /** Has a script run in this page and all that come, where script is on. It is sent and compiled once. */
  async bring(source: string): Promise<void> {
    if (this.#scripts.has(source)) return;
    this.#scripts.add(source);
    await this.devtools.send('Page.addScriptToEvaluateOnNewDocument', { source, runImmediately: true });
  }

  /**
   * Empties it for the next visitor.
   * @returns false if it cannot be, and is closed
   * @throws if something is left all the same
   */
  async empty(): Promise<boolean> {
    if (this.#strayed) {
      await this.close();
      return false;
    }
    const { context, page, devtools, url } = this;
    page.removeAllListeners('dialog');
    // An open dialog would hold up everything else; mostly there is none.
    await devtools.send('Page.handleJavaScriptDialog', { accept: false }).catch(() => undefined);
    await Promise.all([page.unrouteAll(), context.unrouteAll(), context.setOffline(false)]);
    await Promise.all([page.setExtraHTTPHeaders({}), context.setExtraHTTPHeaders({})]);
    await Promise.all([context.clearPermissions(), this.allowScript(true)]);
    // A picture of the broker: a page of the same origin on which nothing runs.
    await page.goto(new URL(mark, url).href);
    await context.clearCookies();
    await devtools.send('Storage.clearDataForOrigin', { origin: url, storageTypes: 'all' });
    await devtools.send('Network.clearBrowserCache');
    await devtools.send('Page.resetNavigationHistory');
    const left = JSON.stringify(await page.evaluate(`sessionStorage.clear(), ${WITH_HISTORY}`));
    const cookies = JSON.stringify(await context.cookies());
    if (left !== EMPTIED || cookies !== '[]') throw new Error(`a visitor leaves behind: ${left} ${cookies}`);
    this.findings = [];
    return true;
  }

  async close(): Promise<void> {
    await this.context.close();
  }

  /** By the browser's own reports, which need no script in the page. */
  #listen(): void {
    const { page, context, devtools } = this;
    devtools.on('Audits.issueAdded', ({ issue }) => {
      if (issue.code !== 'ContentSecurityPolicyIssue') return;
      this.findings.push(`CSP on ${page.url()}: ${JSON.stringify(issue.details)}`);
    });
    page.on('pageerror', (error) => this.findings.push(`script error on ${page.url()}: ${String(error)}`));
    page.on('console', (message) => {
      const isBad = ['error', 'warning'].includes(message.type()) && !REFUSED.test(message.text());
      if (isBad) this.findings.push(`console on ${page.url()}: ${message.text()}`);
    });
    context.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol === 'data:' || origin === this.url) return;
      this.findings.push(`request to ${request.url()}`);
      this.#strayed = true;
    });
    context.on('page', () => (this.#strayed = true));
  }
}

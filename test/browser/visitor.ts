import type { Browser, BrowserContext, CDPSession, Locator, Page } from 'playwright-core';
import type { TestBroker } from '../support/broker.js';

/** How somebody comes: a phone or a laptop, light or dark, with or without script. */
export interface Way {
  readonly width: 390 | 1280;
  readonly scheme: 'light' | 'dark';
  readonly script: boolean;
}

export const PHONE: Way = { width: 390, scheme: 'light', script: true };
export const LAPTOP_WITHOUT_SCRIPT: Way = { width: 1280, scheme: 'dark', script: false };

/** The two ways in which every flow is played; `inspectPage` looks at the other widths and colours of each page. */
export const WAYS: readonly [string, Way][] = [
  ['on a phone, light, with script', PHONE],
  ['on a laptop, dark, without script', LAPTOP_WITHOUT_SCRIPT],
];

export const HEIGHT = { 390: 844, 1280: 800 } as const;

/** Nothing of a test takes so long, on a machine that has much else to do either; a click on what is not there fails then. */
const PATIENCE_MS = 60_000;

/** Answers that Chromium reports as errors on its console, although a page came with them. */
const REFUSED = /^Failed to load resource: the server responded with a status of 4\d\d/;

/** A person at a browser of their own, and what the browser complained about. */
export class Visitor {
  /** Violations of the content security policy, errors in scripts, requests to other origins. */
  readonly findings: string[] = [];

  private constructor(
    readonly broker: TestBroker,
    readonly page: Page,
    readonly way: Way,
    private readonly devtools: CDPSession,
  ) {}

  get context(): BrowserContext {
    return this.page.context();
  }

  static async arrive(browser: Browser, broker: TestBroker, way: Way): Promise<Visitor> {
    const context = await browser.newContext({
      viewport: { width: way.width, height: HEIGHT[way.width] },
      colorScheme: way.scheme,
      javaScriptEnabled: way.script,
      // Colours that fade are not what they will be.
      reducedMotion: 'reduce',
      locale: 'en-GB',
    });
    context.setDefaultTimeout(PATIENCE_MS);
    const page = await context.newPage();
    const visitor = new Visitor(broker, page, way, await context.newCDPSession(page));
    await visitor.#listen();
    return visitor;
  }

  async leave(): Promise<void> {
    await this.context.close();
  }

  /** Opens a path of the broker. @returns the status */
  async open(path: string): Promise<number> {
    const response = await this.page.goto(new URL(path, this.broker.url).href);
    return response?.status() ?? 0;
  }

  /** Opens the link of the newest mail to an address, as a click in a mail program does. */
  async openMail(address: string): Promise<number> {
    const { pathname, search } = new URL((await this.broker.mailbox.last(address)).link);
    return this.open(pathname + search);
  }

  get path(): string {
    const { pathname, search } = new URL(this.page.url());
    return pathname + search;
  }

  /** The one h1. */
  async heading(): Promise<string> {
    return (await this.page.locator('h1').innerText()).trim();
  }

  /** What a person reads in the middle of the page. */
  async text(): Promise<string> {
    return (await this.page.locator('main').innerText()).replace(/\s+/g, ' ');
  }

  /** The field of that `name`. */
  field(name: string): Locator {
    return this.page.locator(`main input[name="${name}"]:not([type=hidden])`).first();
  }

  /** Types into the fields of these names. */
  async fill(fields: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, value] of Object.entries(fields)) await this.field(name).fill(value);
  }

  /** Presses the button or follows the link of that name, and waits for what comes then. */
  async press(name: string | RegExp): Promise<void> {
    const named = typeof name === 'string' ? { name, exact: true } : { name };
    const target = this.page.getByRole('button', named).or(this.page.getByRole('link', named));
    await Promise.all([this.page.waitForEvent('load'), target.first().click()]);
  }

  /** Presses Tab until that element has the focus, which must be seen. */
  async tabTo(target: Locator): Promise<void> {
    for (let presses = 0; presses < 30; presses += 1) {
      await this.page.keyboard.press('Tab');
      if ((await target.and(this.page.locator(':focus')).count()) === 0) continue;
      const outline = await this.look<string>('getComputedStyle(document.activeElement).outlineStyle');
      if (outline === 'none') throw new Error('the focus is not seen');
      return;
    }
    throw new Error(`the keyboard does not reach ${String(target)}`);
  }

  /** Presses a key and waits for the page that comes then. */
  async pressByKey(key: string): Promise<void> {
    await Promise.all([this.page.waitForEvent('load'), this.page.keyboard.press(key)]);
  }

  /** Fills in a form and sends it. */
  async send(fields: Readonly<Record<string, string>>, button: string | RegExp): Promise<void> {
    await this.fill(fields);
    await this.press(button);
  }

  /**
   * Evaluates an expression in the page. Promises and timers stand still where script is off, so it is on meanwhile;
   * the scripts of the page have missed their time by then.
   */
  async look<T>(expression: string): Promise<T> {
    if (!this.way.script) await this.#allowScript(true);
    try {
      return await this.page.evaluate<T>(expression);
    } finally {
      if (!this.way.script) await this.#allowScript(false);
    }
  }

  async #allowScript(allowed: boolean): Promise<void> {
    await this.devtools.send('Emulation.setScriptExecutionDisabled', { value: !allowed });
  }

  /** By the browser's own reports, which need no script in the page. */
  async #listen(): Promise<void> {
    const { page, devtools, findings } = this;
    devtools.on('Audits.issueAdded', ({ issue }) => {
      if (issue.code !== 'ContentSecurityPolicyIssue') return;
      findings.push(`CSP on ${page.url()}: ${JSON.stringify(issue.details)}`);
    });
    await devtools.send('Audits.enable');
    page.on('pageerror', (error) => findings.push(`script error on ${page.url()}: ${String(error)}`));
    page.on('console', (message) => {
      const isBad = ['error', 'warning'].includes(message.type()) && !REFUSED.test(message.text());
      if (isBad) findings.push(`console on ${page.url()}: ${message.text()}`);
    });
    this.context.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol !== 'data:' && origin !== this.broker.url) findings.push(`request to ${request.url()}`);
    });
  }
}

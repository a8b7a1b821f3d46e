import type { BrowserContext, Locator, Page } from 'playwright-core';
import type { TestBroker } from '../support/broker.js';
import type { Look, Tab } from './tab.js';

/** How somebody comes: a phone or a laptop, light or dark, with or without script. */
export interface Way extends Look {
  readonly script: boolean;
}

export const PHONE: Way = { width: 390, scheme: 'light', script: true };
export const LAPTOP_WITHOUT_SCRIPT: Way = { width: 1280, scheme: 'dark', script: false };

/** The two ways in which every flow is played; `inspectPage` looks at the other widths and colours of each page. */
export const WAYS: readonly [string, Way][] = [
  ['on a phone, light, with script', PHONE],
  ['on a laptop, dark, without script', LAPTOP_WITHOUT_SCRIPT],
];

/** A person at a browser of their own, and what the browser complained about. */
export class Visitor {
  /** Violations of the content security policy, errors in scripts, requests to other origins. */
  readonly findings: string[];

  private constructor(
    readonly broker: TestBroker,
    readonly tab: Tab,
    readonly way: Way,
  ) {
    this.findings = tab.findings;
  }

  get page(): Page {
    return this.tab.page;
  }

  get context(): BrowserContext {
    return this.tab.context;
  }

  static async arrive(tab: Tab, broker: TestBroker, way: Way): Promise<Visitor> {
    await tab.wear(way);
    if (!way.script) await tab.allowScript(false);
    return new Visitor(broker, tab, way);
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
    if (!this.way.script) await this.tab.allowScript(true);
    try {
      return await this.page.evaluate<T>(expression);
    } finally {
      if (!this.way.script) await this.tab.allowScript(false);
    }
  }
}

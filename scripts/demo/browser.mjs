/** A person with a browser, as far as the pages of the broker need one: opens a link, fills in its form, sends it. */
import { URL, URLSearchParams } from 'node:url';
import { Stop } from '../lib/say.mjs';

/** @typedef {import('./simulator.mjs').Exchange} Exchange */
/** @typedef {import('./simulator.mjs').Send} Send */

/** @typedef {{ url: URL, html: string, cookie: string }} Page */

/** @param {string} text @returns {string} */
const unescaped = (text) =>
  text
    .replace(/&quot;/g, '"')
    .replace(/&#0*39;|&#x27;|&apos;/gi, "'")
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&');

/** @param {string} html @param {string} name @returns {string | undefined} the value of the first such attribute */
function attribute(html, name) {
  const match = new RegExp(`\\s${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s>]+))`, 'i').exec(html);
  const value = match?.[1] ?? match?.[2] ?? match?.[3];
  return value === undefined ? undefined : unescaped(value);
}

/** @typedef {{ action: string, hidden: Record<string, string> }} Form what it sends to where, besides what is typed */

/**
 * The form that is sent by POST and has all these fields.
 * @param {string} html @param {readonly string[]} fields @returns {Form | undefined}
 */
function findForm(html, fields) {
  for (const [form] of html.matchAll(/<form\b[^]*?<\/form>/gi)) {
    const inputs = Array.from(form.matchAll(/<input\b[^>]*>/gi), ([input]) => input);
    const names = inputs.map((input) => attribute(input, 'name'));
    const posts = attribute(form, 'method')?.toLowerCase() === 'post';
    if (posts && fields.every((field) => names.includes(field))) {
      return { action: attribute(form, 'action') ?? '', hidden: hiddenValues(inputs) };
    }
  }
  return undefined;
}

/** @param {readonly string[]} inputs tags @returns {Record<string, string>} */
function hiddenValues(inputs) {
  /** @type {Record<string, string>} */
  const values = {};
  for (const input of inputs.filter((tag) => attribute(tag, 'type')?.toLowerCase() === 'hidden')) {
    values[attribute(input, 'name') ?? ''] = attribute(input, 'value') ?? '';
  }
  return values;
}

/** @typedef {{ url: URL, method: 'GET' | 'POST', cookie: string, form?: string }} Visit */

export class Browser {
  /** @type {Exchange[]} */
  exchanges = [];
  #send;

  /** @param {Send} send of the simulator */
  constructor(send) {
    this.#send = send;
  }

  /** @param {string} link @returns {Promise<Page>} the page there; throws unless it is shown with 200 */
  open(link) {
    return this.#visit({ url: new URL(link), method: 'GET', cookie: '' });
  }

  /**
   * Fills in the page's form and presses its button.
   * @param {Page} page @param {Record<string, string>} fields
   * @returns {Promise<Page>} the page that comes then
   */
  submit({ url, html, cookie }, fields) {
    const form = findForm(html, Object.keys(fields));
    if (form === undefined) {
      throw new Stop(`the page ${url.pathname} shows no form with ${Object.keys(fields).join(', ')}`);
    }
    const body = new URLSearchParams({ ...form.hidden, ...fields }).toString();
    return this.#visit({ url: new URL(form.action, url), method: 'POST', cookie, form: body });
  }

  /** @param {Visit} visit @returns {Promise<Page>} */
  async #visit(visit) {
    const { url, method } = visit;
    const { status, headers, text } = await this.#ask(visit);
    const given = (headers['set-cookie'] ?? []).map((line) => line.split(';', 1)[0] ?? '');
    const cookie = [visit.cookie, ...given].filter((part) => part !== '').join('; ');
    if ([301, 302, 303].includes(status) && headers.location !== undefined) {
      return this.#visit({ url: new URL(headers.location, url), method: 'GET', cookie });
    }
    if (status !== 200) throw new Stop(`${method} ${url.pathname} was answered ${status}`);
    return { url, html: text, cookie };
  }

  /** @param {Visit} visit */
  #ask({ url, method, cookie, form }) {
    const headers = {
      Accept: 'text/html',
      ...(cookie === '' ? {} : { Cookie: cookie }),
      ...(form === undefined ? {} : formHeaders(url.origin)),
    };
    const body = form === undefined ? {} : { body: form };
    const place = { base: url.origin, path: `${url.pathname}${url.search}` };
    return this.#send(
      { direction: 'to-broker', method, ...place, headers, ...body, timeoutMs: 10_000 },
      this.exchanges,
    );
  }
}

/** What every browser sends along with a form. @param {string} origin of the page */
const formHeaders = (origin) => ({
  'Content-Type': 'application/x-www-form-urlencoded',
  Origin: origin,
  'Sec-Fetch-Site': 'same-origin',
  'Sec-Fetch-Mode': 'navigate',
});

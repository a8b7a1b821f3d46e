/** A browser that is signed in on the pages, as far as experiments need one. */
import { ask } from './people.mjs';

export class PageBrowser {
  #cookie = '';

  /** @param {string} url of the broker */
  constructor(url) {
    this.url = url;
  }

  /** As it stands: for requests that change nothing. */
  get cookie() {
    return this.#cookie;
  }

  /** Well when it is answered 303. @param {string} identifier @param {string} password */
  signIn(identifier, password) {
    return this.fillIn('/sign-in', { identifier, password });
  }

  /** @param {string} path */
  async open(path) {
    return this.#remember(
      await ask(`${this.url}${path}`, { headers: { Cookie: this.#cookie }, redirect: 'manual' }),
    );
  }

  /** Opens a page and sends its form, with what hidden fields it has. @param {string} path @param {Record<string, string>} fields */
  async fillIn(path, fields) {
    return this.post(path, { formToken: await this.formToken(path), ...fields });
  }

  /** Of the form on a page, without which it is refused. @param {string} path */
  async formToken(path) {
    const { text } = await this.open(path);
    return /name="formToken" value="([^"]+)"/.exec(text)?.[1] ?? '';
  }

  /** @param {string} path @param {Record<string, string>} fields */
  async post(path, fields) {
    const headers = {
      Cookie: this.#cookie,
      Origin: new URL(this.url).origin,
      'Sec-Fetch-Site': 'same-origin',
    };
    const body = new URLSearchParams(fields);
    return this.#remember(
      await ask(`${this.url}${path}`, { method: 'POST', headers, body, redirect: 'manual' }),
    );
  }

  /** @param {import('./people.mjs').Answer} answer */
  #remember(answer) {
    const given = answer.headers.getSetCookie().map((line) => line.split(';', 1)[0] ?? '');
    const names = new Set(given.map((pair) => pair.split('=', 1)[0]));
    const kept = this.#cookie.split('; ').filter((pair) => pair !== '' && !names.has(pair.split('=', 1)[0]));
    this.#cookie = [...kept, ...given].join('; ');
    return answer;
  }
}

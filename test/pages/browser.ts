import type { TestBroker } from '../support/broker.js';

/** A page as a test reads it: text without markup, and the forms as a browser would send them. */
export class Answer {
  private constructor(
    readonly status: number,
    readonly headers: Headers,
    readonly html: string,
  ) {}

  static async of(response: Response): Promise<Answer> {
    return new Answer(response.status, response.headers, await response.text());
  }

  /** What a person reads in the card. */
  get text(): string {
    const card = /<main[^>]*>(.*)<\/main>/s.exec(this.html)?.[1] ?? '';
    return decoded(card.replace(/<[^>]+>/g, ' ')).replace(/\s+/g, ' ');
  }

  get title(): string {
    return decoded(/<title>(.*?)<\/title>/s.exec(this.html)?.[1] ?? '');
  }

  get heading(): string {
    return decoded((/<h1>(.*?)<\/h1>/s.exec(this.html)?.[1] ?? '').replace(/<[^>]+>/g, ''));
  }

  /** Attributes of the input of that name, or undefined. */
  input(name: string): Readonly<Record<string, string>> | undefined {
    return this.inputs().find((attributes) => attributes['name'] === name);
  }

  inputs(): Readonly<Record<string, string>>[] {
    return [...this.html.matchAll(/<input((?:\s[a-zA-Z-]+(?:="[^"]*")?)*)\/>/g)].map(([, attributes = '']) =>
      attributesIn(attributes),
    );
  }

  /** Texts of the elements that an input points to. */
  described(name: string): string {
    const ids = (this.input(name)?.['aria-describedby'] ?? '').split(' ');
    return ids
      .map((id) => decoded(new RegExp(`id="${id}"[^>]*>(.*?)</p>`, 's').exec(this.html)?.[1] ?? ''))
      .join(' ');
  }

  /** What the form on the page would send: its hidden and filled fields, with these on top. */
  filled(fields: Readonly<Record<string, string>> = {}): Record<string, string> {
    const given = this.inputs().map(({ name = '', value = '' }) => [name, value] as const);
    return { ...Object.fromEntries(given), ...fields };
  }
}

/** Reads pages and sends forms, without script and without cookies. */
export class Browser {
  constructor(
    private readonly broker: TestBroker,
    private readonly headers: Readonly<Record<string, string>> = {},
  ) {}

  async open(path: string, method = 'GET'): Promise<Answer> {
    return Answer.of(await this.fetch(path, { method }));
  }

  async submit(path: string, fields: Readonly<Record<string, string>> | string): Promise<Answer> {
    const body = new URLSearchParams(fields);
    return Answer.of(await this.fetch(path, { method: 'POST', body, redirect: 'manual' }));
  }

  /** Opens the link of the newest mail to an address. */
  async openMail(address: string): Promise<Answer> {
    return this.open(await this.mailPath(address));
  }

  /** Path and query of the link in the newest mail to an address. */
  async mailPath(address: string): Promise<string> {
    const { pathname, search } = new URL((await this.broker.mailbox.last(address)).link);
    return pathname + search;
  }

  protected fetch(path: string, init: RequestInit, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(this.broker.url + path, { ...init, headers: { ...this.headers, ...headers } });
  }
}

/** One browser of one person: keeps cookies, and shows where it is sent instead of going there. */
export class CookieBrowser extends Browser {
  readonly cookies = new Map<string, string>();

  /** What `Set-Cookie` said last of each cookie. */
  readonly attributes = new Map<string, string>();

  protected override async fetch(path: string, init: RequestInit): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await super.fetch(
      path,
      { ...init, redirect: 'manual' },
      cookie === '' ? {} : { cookie },
    );
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    return response;
  }

  /** Opens the sign-in page and sends its form. */
  async signIn(identifier: string, password: string, more: Record<string, string> = {}): Promise<Answer> {
    const form = await this.open('/sign-in');
    const { stay: _, ...blank } = form.filled();
    return this.submit('/sign-in', { ...blank, identifier, password, ...more });
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ');
    const name = pair.slice(0, pair.indexOf('='));
    this.attributes.set(name, attributes.join('; '));
    if (attributes.includes('Max-Age=0')) this.cookies.delete(name);
    else this.cookies.set(name, pair.slice(name.length + 1));
  }
}

function attributesIn(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([a-zA-Z-]+)(?:="([^"]*)")?/g)];
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, decoded(value)]));
}

function decoded(html: string): string {
  return html
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');
}

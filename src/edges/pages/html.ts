import { createContext, h, type ComponentType, type VNode } from 'preact';
import { useContext } from 'preact/hooks';
import { render } from 'preact-render-to-string';
import type { Config } from '../../config/index.js';
import { english, type Messages } from './messages.js';

/** What a controller answers: a page, or the way to another one. */
export interface Page {
  readonly status: number;
  /** Null for a redirect. */
  readonly content: VNode | null;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** An address outside to which sending the form of this page may lead in the end. */
  readonly formTarget?: string;
  /** Instead of a page, a file to keep: its text. */
  readonly file?: string;
}

/** Whom a page is rendered for. */
export interface Visitor {
  /** Null when nobody is signed in. */
  readonly userName: string | null;
  /** How many invitations wait for an answer. */
  readonly invitations: number;
  /** For the hidden field of forms (S-113); asked for only by pages with such a form, as it may set a cookie. */
  formToken(): string;
}

export const HTML = 'text/html; charset=utf-8';

/** `page(ConfirmPage, { … })`: which template, with what, under which status. */
export function page<Props extends object>(
  template: ComponentType<Props>,
  props: NoInfer<Props>,
  status = 200,
): Page {
  return { status, content: h(template, props) as VNode };
}

/** After a form: the browser asks for another page, so that reloading does not send the form again. */
export function seeOther(location: string, headers: Page['headers'] = {}): Page {
  return { status: 303, content: null, headers: { ...headers, Location: location } };
}

/** JSON to keep, under that file name. */
export function download(fileName: string, content: object, headers: Page['headers'] = {}): Page {
  const file = `${JSON.stringify(content, null, 2)}\n`;
  const disposition = `attachment; filename="${fileName}"`;
  const type = { 'Content-Type': 'application/json; charset=utf-8', 'Content-Disposition': disposition };
  return { status: 200, content: null, file, headers: { ...headers, ...type } };
}

/** Not signed in, and without a form. */
export const NOBODY: Visitor = { userName: null, invitations: 0, formToken: () => '' };
const WhoIsHere = createContext<Visitor>(NOBODY);

/** For whom the page is being rendered. */
export function useVisitor(): Visitor {
  return useContext(WhoIsHere);
}

const Language = createContext<Messages>(english);

/** The words of the page that is being rendered. */
export function useMessages(): Messages {
  return useContext(Language);
}

/** Every value is escaped by preact; no template writes markup of its own. */
export function renderPage(
  { content, file = '' }: Page,
  visitor: Visitor = NOBODY,
  messages: Messages = english,
): string {
  if (content === null) return file;
  const spoken = h(Language.Provider, { value: messages }, content);
  return `<!doctype html>${render(h(WhoIsHere.Provider, { value: visitor }, spoken))}`;
}

/**
 * Chromium holds redirects that follow a form against `form-action` too: where a form leads to an app or site in the
 * end, its origin, and no other, is named (S-110).
 */
function policyFor(formTarget: string | undefined): string {
  const target = formTarget === undefined ? '' : ` ${new URL(formTarget).origin}`;
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "font-src 'self'",
    `form-action 'self'${target}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "object-src 'none'",
    "worker-src 'self'",
    "require-trusted-types-for 'script'",
  ].join('; ');
}

const NO_FEATURES = ['camera', 'geolocation', 'microphone', 'payment', 'usb', 'browsing-topics']
  .map((feature) => `${feature}=()`)
  .join(', ');

/** What every HTML answer carries, whatever its status, beside the headers of every answer (S-110, S-111). */
export function pageHeaders(
  { publicUrl }: Pick<Config, 'publicUrl'>,
  formTarget?: string,
): Readonly<Record<string, string>> {
  return {
    'Content-Security-Policy': policyFor(formTarget),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': NO_FEATURES,
    // Promised only where it can be kept: plain http ignores it, and a trial on localhost must not be locked out.
    ...(publicUrl.startsWith('https:') ? { 'Strict-Transport-Security': 'max-age=31536000' } : {}),
  };
}

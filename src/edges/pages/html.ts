import { createContext, h, type ComponentType, type VNode } from 'preact';
import { useContext } from 'preact/hooks';
import { render } from 'preact-render-to-string';
import type { Config } from '../../config/index.js';
import { english, type Messages } from './messages.js';

/** A page as a controller answers it. */
export interface Page {
  readonly status: number;
  readonly content: VNode;
}

export const HTML = 'text/html; charset=utf-8';

/** `page(ConfirmPage, { … })`: which template, with what, under which status. */
export function page<Props extends object>(template: ComponentType<Props>, props: Props, status = 200): Page {
  return { status, content: h(template, props) as VNode };
}

const Language = createContext<Messages>(english);

/** The words of the page that is being rendered. */
export function useMessages(): Messages {
  return useContext(Language);
}

/** Every value is escaped by preact; no template writes markup of its own. */
export function renderPage({ content }: Page, messages: Messages = english): string {
  return `<!doctype html>${render(h(Language.Provider, { value: messages }, content))}`;
}

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "object-src 'none'",
  "worker-src 'self'",
  "require-trusted-types-for 'script'",
].join('; ');

const NO_FEATURES = ['camera', 'geolocation', 'microphone', 'payment', 'usb', 'browsing-topics']
  .map((feature) => `${feature}=()`)
  .join(', ');

/** What every HTML answer carries, whatever its status, beside the headers of every answer (S-110, S-111). */
export function pageHeaders({ publicUrl }: Pick<Config, 'publicUrl'>): Readonly<Record<string, string>> {
  return {
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': NO_FEATURES,
    // Promised only where it can be kept: plain http ignores it, and a trial on localhost must not be locked out.
    ...(publicUrl.startsWith('https:') ? { 'Strict-Transport-Security': 'max-age=31536000' } : {}),
  };
}

import { render } from 'preact-render-to-string';
import type { Letter } from '../letter.js';
import { Layout } from './layout.js';

/** The mail as HTML. Every value is escaped by preact; nothing is loaded from anywhere. */
export function renderHtml(letter: Letter): string {
  return `<!doctype html>${render(<Layout letter={letter} />)}`;
}

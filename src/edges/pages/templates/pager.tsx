import type { VNode } from 'preact';
import { useMessages } from '../html.js';
import type { Part } from '../parts.js';

interface PagerProps {
  readonly part: Part<unknown>;
  readonly path: string;
  /** What was searched for, to be kept. */
  readonly find?: string;
}

/** The way through a long list; nothing for a short one. */
export function Pager({ part, path, find = '' }: PagerProps): VNode | null {
  const { lists: words } = useMessages().signedIn;
  const { items, page, pages, first, total } = part;
  if (pages === 1) return null;
  const to = (number: number): string => {
    const query = new URLSearchParams({ ...(find === '' ? {} : { find }), page: String(number) });
    return `${path}?${query.toString()}`;
  };
  return (
    <nav class="pager" aria-label={words.pager}>
      <Step href={page > 1 ? to(page - 1) : null} label={words.previous} rel="prev" />
      <span class="soft">{words.shown(first, first + items.length - 1, total)}</span>
      <Step href={page < pages ? to(page + 1) : null} label={words.next} rel="next" />
    </nav>
  );
}

/** Without an address it keeps its room, so that the other one stays where it is. */
function Step({ href, label, rel }: { href: string | null; label: string; rel: string }): VNode {
  return href === null ? (
    <span class="small gone" aria-hidden="true">
      {label}
    </span>
  ) : (
    <a class="small" href={href} rel={rel}>
      {label}
    </a>
  );
}

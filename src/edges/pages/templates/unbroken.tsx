import type { VNode } from 'preact';

/** Words with a hyphen that look torn apart at the end of a line. */
const UNBROKEN = /(\be-mail\b)/i;

/** A heading or label in which these words stay whole; by style, so that the text is what people type and search for. */
export function Unbroken({ text }: { text: string }): VNode {
  const parts = text.split(UNBROKEN);
  return <>{parts.map((part, index) => (index % 2 === 0 ? part : <span class="unbroken">{part}</span>))}</>;
}

/** A name in a mail has at most so many code points (S-93). */
const LONGEST = 64;
/** Reads like a dot, and no mail program takes it for part of an address. */
const INERT_DOT = '\u2024';

/**
 * A name somebody else chose, fit for a mail (S-93): in quotes, on one line, without control, bidirectional and other
 * invisible characters, with every URL and e-mail address broken so that no mail program makes a link of it.
 */
export function quotedName(name: string): string {
  return quoted(shortened(inert(name), (points) => [...points.slice(0, LONGEST - 1), '…']));
}

/** Like `quotedName`, but a long host loses its beginning: who answers there is decided at its end. */
export function quotedHost(host: string): string {
  return quoted(shortened(inert(host), (points) => ['…', ...points.slice(1 - LONGEST)]));
}

function inert(text: string): string {
  return (
    text
      // Full-width letters, dots and slashes become plain ones first, or they would slip through what follows.
      .normalize('NFKC')
      .replace(/\p{Cf}/gu, '')
      .replace(/[\s\p{Z}]+/gu, ' ')
      .replace(/\p{C}/gu, '')
      .replace(/["“”„‟«»]/gu, "'")
      .replace(/[/\\]{2,}/g, ' ')
      .replace(/:(?=\S)/g, ': ')
      .replace(/@/g, ' at ')
      .replace(/[.。]/gu, INERT_DOT)
      .replace(/ {2,}/g, ' ')
      .trim()
  );
}

function shortened(text: string, shorten: (points: string[]) => string[]): string {
  const points = Array.from(text);
  return points.length <= LONGEST ? text : shorten(points).join('');
}

function quoted(text: string): string {
  return `“${text}”`;
}

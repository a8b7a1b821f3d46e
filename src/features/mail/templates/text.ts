import type { Letter } from '../letter.js';

/** Columns of a plain-text mail (RFC 3676 advises 78). */
const WIDTH = 78;

/** The mail as plain text: lines of at most 78 columns, a link on a line of its own, never broken. */
export function renderText(letter: Letter): string {
  const width = Math.max(0, ...letter.facts.map(([name]) => name.length)) + 1;
  const facts = letter.facts.flatMap(([name, value]) => wrap(`${`${name}:`.padEnd(width)} ${value}`));
  const parts = [
    wrap(letter.greeting),
    ...letter.paragraphs.map(wrap),
    facts,
    ...(letter.action === null ? [] : [[...wrap(`${letter.action.label}:`), letter.action.link]]),
    ...letter.notes.map(wrap),
    ...(letter.stop === null ? [] : [[...wrap(`${letter.stop.label}:`), letter.stop.link]]),
    ['-- ', ...wrap(letter.footer)],
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** Breaks at spaces; a word longer than a line is broken where the line ends. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap(pieces)) {
    if (line !== '' && columns(line) + 1 + columns(word) > WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** A word in pieces that fit a line each. */
function pieces(word: string): string[] {
  const found: string[] = [];
  let piece = '';
  for (const point of word) {
    if (columns(piece + point) > WIDTH) {
      found.push(piece);
      piece = '';
    }
    piece += point;
  }
  return [...found, piece];
}

/** Beyond the European scripts a character may be two columns wide: rather a short line than a long one. */
function columns(text: string): number {
  let sum = 0;
  for (const point of text) sum += (point.codePointAt(0) ?? 0) > 0x10ff ? 2 : 1;
  return sum;
}

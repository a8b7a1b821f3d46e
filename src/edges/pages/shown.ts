const LONGEST = 64;

/**
 * A name that somebody else chose, fit to stand in a page: on one line, without invisible characters that reorder or
 * hide what stands around them, not longer than a name. Joiners stay: emoji and several scripts need them.
 */
export function shown(name: string): string {
  const points = Array.from(name.replace(/(?![\u200c\u200d])[\p{C}\p{Zl}\p{Zp}]/gu, ' ').trim());
  return points.length <= LONGEST ? points.join('') : `${points.slice(0, LONGEST - 1).join('')}…`;
}

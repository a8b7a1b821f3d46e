/**
 * Undoes percent-encoding, and with `plusIsSpace` also the form rule that a plus means a space.
 *
 * Never fails: what cannot be an encoded character (`100% sure`, `%ZZ`, bytes that are not UTF-8) is what the
 * sender literally meant, and stays. A run of `%XX` is decoded as a whole or not at all.
 */
export function percentDecode(text: string, plusIsSpace: boolean): string {
  const spaced = plusIsSpace && text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  return decoded(spaced) ?? spaced.replaceAll(/(?:%[0-9a-f]{2})+/gi, (run) => decoded(run) ?? run);
}

/** Whether every `%` begins a `%XX` and all of them together spell UTF-8. */
export function isWellEncoded(text: string): boolean {
  return decoded(text) !== null;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

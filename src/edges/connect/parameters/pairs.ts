import type { KnownNames, Pair } from './known-names.js';
import { isWellEncoded, percentDecode } from './percent.js';

/**
 * Reads a query string: percent-decoding with plus as space, except that a value with a literal `@` keeps its
 * plus. An encoder that leaves `@` alone leaves `+` alone as well (Swift's does), so `a+b@x.org` means what it
 * shows. An ampersand always separates here.
 */
export function readQuery(query: string, known: KnownNames): Pair[] {
  return readEscaped(query.split('&'), known);
}

/**
 * Reads a form body, escaped or not (Q1).
 *
 * Which of the two it is holds for the whole body, see {@link isRaw}. An escaped body is split at every `&`,
 * so that an unknown parameter never leaks into the value before it. A raw one is split only at `&` + known
 * name + `=`: everything else, be it the rest of `Tom & Jerry` or a stray `&format=json`, belongs to the value
 * before it. The two cannot be told apart, and no sender of raw bodies adds parameters of its own.
 */
export function readForm(body: string, known: KnownNames): Pair[] {
  const segments = body.split('&');
  return isRaw(body, segments, known) ? readRaw(segments, known) : readEscaped(segments, known);
}

/** Whether text of an undeclared type is meant as a form: it starts with a parameter that the endpoint knows. */
export function looksLikeForm(body: string, known: KnownNames): boolean {
  return known.canonical(body.slice(0, Math.max(0, body.indexOf('=')))) !== undefined;
}

/** What no form encoder leaves in its output: blanks, control characters, non-ASCII and these marks. */
const NEVER_IN_ESCAPED = /[^!-~]|["<>\\^`{|}]/;

/**
 * Whether a form body was concatenated without escaping (Q1). Any one proof is enough:
 * - a literal `://` or `@`: the addresses and e-mails that media servers send;
 * - a character that every encoder escapes: `Tom Jerry`, `🎬`;
 * - a `%` that begins no valid UTF-8 escape: `100% sure`;
 * - a piece between ampersands that is neither `key=value` nor a bare known name: an encoder would have written
 *   the ampersand of `rawpw=a&b` as `%26`. Without this proof the password would silently be cut to `a`.
 *
 * Without proof the body counts as escaped. A raw body is then misread only if a value holds a plus, a
 * well-formed `%XX`, or an `&` with an `=` after it; the raw bodies without a `://` or `@` that media servers
 * send (E11, E13) hold ids and restricted user names, where none of these occur.
 */
function isRaw(body: string, segments: readonly string[], known: KnownNames): boolean {
  return (
    body.includes('://') ||
    body.includes('@') ||
    NEVER_IN_ESCAPED.test(body) ||
    !isWellEncoded(body) ||
    segments.some((segment) => isLoose(segment, known))
  );
}

function isLoose(segment: string, known: KnownNames): boolean {
  return segment !== '' && !segment.includes('=') && known.canonical(segment) === undefined;
}

function readEscaped(segments: readonly string[], known: KnownNames): Pair[] {
  const pairs: Pair[] = [];
  for (const segment of segments) {
    const [key, value] = halves(segment);
    const name = known.canonical(percentDecode(key, true));
    if (name !== undefined) pairs.push({ name, value: percentDecode(value, !value.includes('@')) });
  }
  return pairs;
}

function readRaw(segments: readonly string[], known: KnownNames): Pair[] {
  const pairs: { name: string; value: string }[] = [];
  for (const segment of segments) {
    const [key, value] = halves(segment);
    const name = segment.includes('=') ? known.canonical(key) : undefined;
    const last = pairs.at(-1);
    if (name !== undefined) pairs.push({ name, value });
    else if (last !== undefined) last.value += `&${segment}`;
  }
  return pairs.map(unescapeEmail);
}

/**
 * One client escapes the e-mail of a sign-up and nothing else (Q1: CS in E9). A raw e-mail always shows its `@`,
 * so one without it is an escaped one.
 */
function unescapeEmail({ name, value }: Pair): Pair {
  const escaped = name.toLowerCase() === 'email' && !value.includes('@');
  return { name, value: escaped ? percentDecode(value, true) : value };
}

/** Both sides of the first `=`; a bare name has an empty value. */
function halves(segment: string): [key: string, value: string] {
  const equals = segment.indexOf('=');
  return equals < 0 ? [segment, ''] : [segment.slice(0, equals), segment.slice(equals + 1)];
}

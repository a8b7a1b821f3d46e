import { DomainError, invalidField } from '../../../shared/domain-error.js';
import type { KnownNames, Pair } from './known-names.js';

/** Levels of nesting that are read at all, the object itself being the first (S-100). */
const MAX_DEPTH = 16;

/**
 * Reads the members of a top-level JSON object. Strings, numbers and booleans become text, numbers exactly as
 * written (no id loses digits to a double); `null` counts as absent; an object or array is refused for a known
 * name and ignored for any other.
 *
 * Members are cut out of the text instead of taken from the parsed object: that object would hide a name given
 * twice (S-100), and no key of the request ever becomes a property of anything.
 */
export function readJson(text: string, known: KnownNames): Pair[] {
  assertObject(text);
  const pairs: Pair[] = [];
  for (const member of splitMembers(text)) {
    const colon = member.indexOf(':', endOfString(member, 0));
    const name = known.canonical(JSON.parse(member.slice(0, colon)) as string);
    const value = name === undefined ? undefined : scalar(name, member.slice(colon + 1).trim());
    if (name !== undefined && value !== undefined) pairs.push({ name, value });
  }
  return pairs;
}

function assertObject(text: string): void {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text, which may hold a password: it is dropped on purpose.
    throw new DomainError('invalid', 'invalid-body', 'the body is not valid JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new DomainError('invalid', 'invalid-body', 'the JSON body must be an object');
  }
}

function scalar(name: string, json: string): string | undefined {
  const value = JSON.parse(json) as unknown;
  if (value === null) return undefined;
  if (typeof value === 'string') return value;
  if (typeof value === 'object') throw invalidField(name, 'must be text, not an object or an array');
  return json;
}

/** The top-level members (`"key": value`) of valid JSON that is an object, in order, trimmed. */
function splitMembers(text: string): string[] {
  const members: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') at = endOfString(text, at);
    depth += nesting(character);
    if (depth > MAX_DEPTH)
      throw new DomainError('invalid', 'invalid-body', 'the JSON body is nested too deeply');
    if (isBoundary(character, depth)) {
      members.push(text.slice(start, at).trim());
      start = at + 1;
    }
  }
  return members.filter((member) => member !== '');
}

function nesting(character: string): number {
  if (character === '{' || character === '[') return 1;
  return character === '}' || character === ']' ? -1 : 0;
}

/** Whether a member ends here: at a comma or the closing brace; the opening one ends the nothing before the first. */
function isBoundary(character: string, depth: number): boolean {
  if (depth === 1) return character === ',' || character === '{';
  return depth === 0 && character === '}';
}

/** Index of the quote that closes the string opened at `from`; the text is known to be valid JSON. */
function endOfString(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text.charAt(at) !== '"') at += text.charAt(at) === '\\' ? 2 : 1;
  return at;
}

import { invalidBody, unsupportedMediaType } from '../problems/refusals.js';

/** Levels of nesting that are read at all, the object itself being the first (S-100). */
const MAX_DEPTH = 16;
/** Names that mean something to JavaScript itself (S-100). */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** A body as it came off the wire. */
export interface RawBody {
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly body: unknown;
}

/**
 * The JSON object of a body, without prototype at any level; empty for no body. Only `application/json` (S-101).
 *
 * @throws DomainError invalid `unsupported-media-type` or `invalid-body`
 */
export function readJsonBody({ contentType, contentEncoding, body }: RawBody): object {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  if (bytes.byteLength === 0 && contentType === undefined) return Object.create(null) as object;
  if (!isJson(contentType)) throw unsupportedMediaType('The body must be application/json.');
  if (!/^(?:identity)?$/i.test((contentEncoding ?? '').trim())) {
    throw unsupportedMediaType('The body must not be compressed.');
  }
  if (bytes.byteLength === 0) return Object.create(null) as object;
  return parse(decodeUtf8(bytes));
}

/** RFC 9110, 8.3.1: type and parameters ignore case; RFC 8259, 11: JSON has none but an empty habit of `charset`. */
function isJson(contentType = ''): boolean {
  const [type = '', ...parameters] = contentType.split(';').map((part) => part.trim().toLowerCase());
  return type === 'application/json' && parameters.every((one) => /^(?:charset="?utf-8"?)?$/.test(one));
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalidBody('The body is not valid UTF-8.');
  }
}

function parse(text: string): object {
  // Before parsing: depth costs stack, and a parsed object hides a name given twice.
  checkNames(text);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text, (_name, value: unknown) => withoutPrototype(value));
  } catch {
    // The parser's own message quotes the body: dropped on purpose.
    throw invalidBody('The body is not valid JSON.');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw invalidBody('The body must be a JSON object.');
  }
  return parsed;
}

function withoutPrototype(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.assign(Object.create(null) as object, value);
}

/** A string that nothing closes reaches to the end, so that no character is looked at twice; the parser refuses it. */
const TOKEN = /"(?:[^"\\]|\\.)*"?|[{}[\]:]/gs;

/** Refuses what the parsed object would not show: too deep, a name twice, a forbidden name. */
function checkNames(text: string): void {
  const names: Set<string>[] = [];
  let string = '';
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '{' || token === '[') names.push(new Set());
    else if (token === '}' || token === ']') names.pop();
    else if (token === ':') addName(names.at(-1), string);
    else string = token;
    if (names.length > MAX_DEPTH) throw invalidBody('The body is nested too deeply.');
  }
}

function addName(names: Set<string> | undefined, string: string): void {
  const name = nameIn(string);
  if (FORBIDDEN.has(name)) throw invalidBody('The body has a field of a name that is never used.');
  if (names?.has(name)) throw invalidBody('The body gives one field twice.');
  names?.add(name);
}

function nameIn(string: string): string {
  try {
    return JSON.parse(string) as string;
  } catch {
    throw invalidBody('The body is not valid JSON.');
  }
}

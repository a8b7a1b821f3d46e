import { isUtf8 } from 'node:buffer';
import { DomainError } from '../../../shared/domain-error.js';
import { readJson } from './json.js';
import type { KnownNames, Pair } from './known-names.js';
import { readMultipart } from './multipart.js';
import { looksLikeForm, readForm } from './pairs.js';

const FORM = 'application/x-www-form-urlencoded';

/** A request body as it came off the wire. */
export interface RawBody {
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly body: Buffer | undefined;
}

/**
 * Reads a body in any of the encodings that Connect clients use (1.1). An absent or blank body has no parameters
 * whatever its headers say: one client labels even its GETs as forms.
 */
export async function readBody(raw: RawBody, known: KnownNames): Promise<Pair[]> {
  if (raw.body === undefined || raw.body.byteLength === 0) return [];
  assertUncompressed(raw.contentEncoding);
  const text = decodeUtf8(raw.body);
  if (text.trim() === '') return [];
  const contentType = raw.contentType ?? '';
  switch (mediaType(contentType)) {
    case FORM:
      return readForm(text, known);
    case 'application/json':
      return readJson(text, known);
    case 'multipart/form-data':
      return readMultipart(raw.body, contentType, known);
    default:
      return readUndeclared(text, known);
  }
}

/** The same at once, of a body that says that it is a form, as media servers send it; null: it is something else. */
export function readFormBody({ contentType, body }: RawBody, known: KnownNames): Pair[] | null {
  if (body === undefined || mediaType(contentType ?? '') !== FORM) return null;
  return readForm(decodeUtf8(body), known);
}

/** A missing or strange content type is no reason to refuse a body whose shape leaves no doubt. */
function readUndeclared(text: string, known: KnownNames): Pair[] {
  if (looksLikeForm(text, known)) return readForm(text, known);
  if (text.trimStart().startsWith('{')) return readJson(text, known);
  throw unsupported('the body must be a form or a JSON object');
}

function mediaType(contentType: string): string {
  return (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
}

/** No compressed request bodies (S-101): a few bytes must not become many. */
function assertUncompressed(contentEncoding: string | undefined): void {
  const encoding = (contentEncoding ?? '').trim().toLowerCase();
  if (encoding !== '' && encoding !== 'identity') throw unsupported('the body must not be compressed');
}

/** Without the mark with which some begin a text. */
function decodeUtf8(body: Buffer): string {
  if (!isUtf8(body)) throw new DomainError('invalid', 'invalid-body', 'the body is not valid UTF-8');
  const text = body.toString('utf8');
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}

function unsupported(message: string): DomainError {
  return new DomainError('invalid', 'unsupported-media-type', message);
}

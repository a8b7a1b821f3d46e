import { DomainError } from '../../../shared/domain-error.js';
import type { KnownNames, Pair } from './known-names.js';

/**
 * Reads the text fields of a multipart/form-data body. A file part is refused even under an unknown name: nothing
 * is ever uploaded (S-101, S-121).
 *
 * @param contentType the header as it came: the boundary in it is case-sensitive
 */
export async function readMultipart(body: Buffer, contentType: string, known: KnownNames): Promise<Pair[]> {
  const form = await parse(body, contentType);
  const pairs: Pair[] = [];
  for (const [key, value] of form) {
    if (typeof value !== 'string') {
      throw new DomainError('invalid', 'unsupported-media-type', 'the body must not hold a file');
    }
    const name = known.canonical(key);
    if (name !== undefined) pairs.push({ name, value });
  }
  return pairs;
}

async function parse(body: Buffer, contentType: string): Promise<FormData> {
  try {
    return await new Response(new Uint8Array(body), { headers: { 'content-type': contentType } }).formData();
  } catch {
    throw new DomainError('invalid', 'invalid-body', 'the body is not valid multipart/form-data');
  }
}

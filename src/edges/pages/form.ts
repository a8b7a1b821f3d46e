import { UnsupportedMediaTypeException } from '@nestjs/common';
import { DomainError } from '../../shared/domain-error.js';

/** A body as it came off the wire. */
export interface RawForm {
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly body: unknown;
}

/** The named fields of a query or a form; what else was sent is never looked at. */
export class Form {
  readonly #values: ReadonlyMap<string, string>;

  private constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  /** @throws DomainError invalid when a field comes twice with two values (S-100) */
  static read(text: string, names: readonly string[]): Form {
    const values = new Map<string, string>();
    for (const [name, value] of new URLSearchParams(text)) {
      if (!names.includes(name)) continue;
      if (values.has(name) && values.get(name) !== value) {
        throw new DomainError('invalid', 'field-twice', `${name}: was sent twice with two values`);
      }
      // PostgreSQL cannot even look it up.
      if (value.includes('\0')) throw new DomainError('invalid', 'field-nul', `${name}: cannot be read`);
      values.set(name, value);
    }
    return new Form(values);
  }

  /** @throws what `read` throws; a media type other than a form's, or a compressed body, is 415 (S-101) */
  static readBody({ contentType, contentEncoding, body }: RawForm, names: readonly string[]): Form {
    const mediaType = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase();
    if (mediaType !== 'application/x-www-form-urlencoded' || isCompressed(contentEncoding)) {
      throw new UnsupportedMediaTypeException();
    }
    return Form.read(Buffer.isBuffer(body) ? decoded(body) : '', names);
  }

  /** '' when it was not sent: an empty field and a missing one mean the same to a person. */
  text(name: string): string {
    return this.#values.get(name) ?? '';
  }

  /** The same without spaces around it, which keyboards add to names and addresses; never for passwords (S-01). */
  line(name: string): string {
    return this.text(name).trim();
  }
}

function isCompressed(contentEncoding: string | undefined): boolean {
  return !['', 'identity'].includes((contentEncoding ?? '').trim().toLowerCase());
}

function decoded(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new DomainError('invalid', 'invalid-body', 'The form is not valid UTF-8.');
  }
}

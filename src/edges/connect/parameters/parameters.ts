import { invalidField } from '../../../shared/domain-error.js';
import { readBody, readFormBody, type RawBody } from './body.js';
import { KnownNames, type Pair } from './known-names.js';
import { readQuery } from './pairs.js';

/** What a request says, before anybody has interpreted it. */
export interface RawRequest extends RawBody {
  /** The part after `?`, not decoded; empty if there is none. */
  readonly query: string;
}

/**
 * The parameters of one Connect request, merged from the query string and the body (1.1).
 *
 * Names match in any case; unknown ones are dropped. Values are text and nothing more: they may be empty, and may
 * hold control characters or lone surrogates, which are the validators' to judge; but never NUL, which PostgreSQL
 * cannot even look up. No error repeats a value, since it may be a password.
 */
export class Parameters {
  readonly #values: ReadonlyMap<string, string | undefined>;

  private constructor(values: ReadonlyMap<string, string | undefined>) {
    this.#values = values;
  }

  /**
   * Reads a request. Linear in its size (S-102), which the body limit bounds (S-120).
   *
   * @param names the endpoint's parameters in their canonical spelling, **only its own**: an unescaped body is cut
   *   at these (Q1), so that each name more is one more text that a value cannot contain
   * @throws DomainError `invalid`: an unreadable body, one of a refused kind (code `unsupported-media-type`), a
   *   known name with a nested value or a NUL character, or one given twice with different values (S-100)
   */
  static async read(request: RawRequest, names: readonly string[]): Promise<Parameters> {
    const known = KnownNames.of(names);
    return Parameters.#of(names, [...readQuery(request.query, known), ...(await readBody(request, known))]);
  }

  /** The same at once, of an uncompressed body alone that says that it is a form; null: it is something else. */
  static ofForm(body: RawBody, names: readonly string[]): Parameters | null {
    const pairs = readFormBody(body, KnownNames.of(names));
    return pairs && Parameters.#of(names, pairs);
  }

  static #of(names: readonly string[], pairs: readonly Pair[]): Parameters {
    const values = new Map<string, string | undefined>(names.map((name) => [name, undefined]));
    for (const { name, value } of pairs) {
      // Old clients send the same value in query and body (Q9).
      if ((values.get(name) ?? value) !== value)
        throw invalidField(name, 'is given twice with different values');
      if (value.includes('\0')) throw invalidField(name, 'must not contain a NUL character');
      values.set(name, value);
    }
    return new Parameters(values);
  }

  /** The value, or `undefined` if it is absent or empty. */
  optional(name: string): string | undefined {
    const value = this.#lookUp(name);
    return value === '' ? undefined : value;
  }

  /** The value, never empty; throws `invalid` if it is absent or empty. */
  required(name: string): string {
    const value = this.optional(name);
    if (value === undefined) throw invalidField(name, 'is missing');
    return value;
  }

  /** Whether the request gives the parameter at all, be it empty. */
  has(name: string): boolean {
    return this.#lookUp(name) !== undefined;
  }

  /** Asking for a name that was not read is a mistake in the endpoint: it would look absent for ever. */
  #lookUp(name: string): string | undefined {
    if (!this.#values.has(name))
      throw new Error(`The endpoint asks for ${name} but did not name it to read()`);
    return this.#values.get(name);
  }
}

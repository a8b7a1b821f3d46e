import { z } from 'zod';

/** One setting: how it is spelled in the environment, what it may hold, what it means. */
export interface Setting<T> {
  /** Name in the environment. */
  readonly name: string;
  /** What stands there when nothing is set, as it would be written in the environment; '' means unset. */
  readonly fallback: string;
  /** Said instead of `fallback` where that depends on the machine. */
  readonly fallbackInWords?: string;
  /** From the text to the typed value; its message completes the sentence "NAME …". */
  readonly schema: z.ZodType<T, string>;
  /** One or two sentences for `.env.example`, dangers included. */
  readonly meaning: string;
  /** A secret may also be given as `NAME_FILE`, and its value is never repeated in a message. */
  readonly secret: boolean;
}

type Described = Pick<Setting<unknown>, 'name' | 'fallback' | 'fallbackInWords' | 'meaning'>;

/** Any text. */
export function text(name: string, fallback: string, meaning: string): Setting<string> {
  return { name, fallback, meaning, schema: z.string(), secret: false };
}

/** Whether it is `…@host1:5432,host2:5432/…`, as some clients of PostgreSQL and Redis understand it. */
function namesSeveralHosts(url: string): boolean {
  const [, authority = ''] = /^[a-z]+:\/\/([^/?#]*)/i.exec(url) ?? [];
  return authority.slice(authority.lastIndexOf('@') + 1).includes(',');
}

/** Text that must not leak; unset when empty. */
export function secretUrl(
  name: string,
  protocols: readonly string[],
  meaning: string,
): Setting<string | undefined> {
  const schema = z.string().transform((value, context) => {
    if (value === '') return undefined;
    if (namesSeveralHosts(value)) {
      context.addIssue('must name one host, which leads to the one that is in charge');
      return z.NEVER;
    }
    if (URL.canParse(value) && protocols.includes(new URL(value).protocol)) return value;
    context.addIssue(`must be a URL starting with ${protocols.map((p) => `${p}//`).join(' or ')}`);
    return z.NEVER;
  });
  return { name, fallback: '', meaning, schema, secret: true };
}

/** A secret that people choose, of at least `min` characters; unset when empty. */
export function secretText(name: string, min: number, meaning: string): Setting<string | undefined> {
  const schema = z.string().transform((value, context) => {
    if (value === '') return undefined;
    if (value.length >= min) return value;
    context.addIssue(`must have at least ${min} characters`);
    return z.NEVER;
  });
  return { name, fallback: '', meaning, schema, secret: true };
}

/** A whole number within bounds. */
export function whole(described: Described, min: number, max = Number.MAX_SAFE_INTEGER): Setting<number> {
  const schema = z.string().transform((value, context) => {
    const number = Number(value);
    if (/^\d{1,16}$/.test(value) && number >= min && number <= max) return number;
    context.addIssue(`must be a whole number from ${min} to ${max}`);
    return z.NEVER;
  });
  return { ...described, schema, secret: false };
}

/** A lifetime: seconds in the environment, milliseconds in the Config. */
export function seconds(name: string, fallback: number, meaning: string): Setting<number> {
  const setting = whole({ name, fallback: String(fallback), meaning }, 1, 10 * 365 * 86_400);
  return { ...setting, schema: setting.schema.transform((value) => value * 1_000) };
}

/** A limit: how often, or how many. */
export function limit(name: string, fallback: number, meaning: string): Setting<number> {
  return whole({ name, fallback: String(fallback), meaning }, 1, 1_000_000_000);
}

/** `true` or `false`. */
export function flag(name: string, fallback: boolean, meaning: string): Setting<boolean> {
  const schema = z
    .enum(['true', 'false'], 'must be true or false')
    .transform((value) => value === 'true') as unknown as z.ZodType<boolean, string>;
  return { name, fallback: String(fallback), meaning, schema, secret: false };
}

/** One of a few words. */
export function oneOf<const Word extends string>(
  name: string,
  words: readonly [Word, ...Word[]],
  meaning: string,
): Setting<Word> {
  const schema = z.enum(words, `must be one of: ${words.join(', ')}`) as unknown as z.ZodType<Word, string>;
  return { name, fallback: words[0], meaning, schema, secret: false };
}

/** A comma-separated list, read by `parse`, which throws an Error with a sentence for people. */
export function list<T>(name: string, parse: (entries: string[]) => T, meaning: string): Setting<T> {
  const schema = z.string().transform((value, context) => {
    const entries = value.split(',').flatMap((entry) => (entry.trim() === '' ? [] : [entry.trim()]));
    try {
      return parse(entries);
    } catch (error) {
      context.addIssue(error instanceof Error ? error.message : 'cannot be read');
      return z.NEVER;
    }
  });
  return { name, fallback: '', meaning, schema, secret: false };
}

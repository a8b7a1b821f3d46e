/**
 * Readers of what the broker answers, as strict as the strictest client: ids, tokens and PINs are JSON strings,
 * flags JSON booleans, no field of a server entry may be missing (§6, Q4-Q6).
 */
type JsonObject = Record<string, unknown>;

export function objectOf(value: unknown, what: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`${what}: an object is needed, got ${shown(value)}`);
  }
  return value as JsonObject;
}

export function arrayOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError(`${what}: an array is needed, got ${shown(value)}`);
  return value;
}

export function textOf(object: JsonObject, field: string): string {
  const value = object[field];
  if (typeof value !== 'string') {
    throw new TypeError(`${field}: a string is needed, got ${shown(value)}`);
  }
  return value;
}

/** A field that may be absent or `null`, as `UserImageUrl`: then empty. */
export function optionalTextOf(object: JsonObject, field: string): string {
  return object[field] === undefined || object[field] === null ? '' : textOf(object, field);
}

export function flagOf(object: JsonObject, field: string): boolean {
  const value = object[field];
  if (typeof value !== 'boolean') {
    throw new TypeError(`${field}: true or false is needed, got ${shown(value)}`);
  }
  return value;
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

interface Known {
  readonly pattern: RegExp;
  readonly methods: readonly string[];
}

const known: Known[] = [];

/** Told by each operation when it is declared. `path` in Nest's spelling: `/api/v1/links/:id`. */
export function knowOperation(path: string, methods: readonly string[]): void {
  const pattern = path.replace(/:[A-Za-z]+/g, '[^/]+').toLowerCase();
  known.push({ pattern: new RegExp(`^${pattern}/?$`), methods });
}

/** What can be asked at a path, for the `Allow` of a 405; empty where there is nothing. */
export function allowedMethods(path: string): readonly string[] {
  const methods = known.filter(({ pattern }) => pattern.test(path)).flatMap((one) => one.methods);
  return methods.length === 0 ? [] : [...new Set(methods), 'OPTIONS'];
}

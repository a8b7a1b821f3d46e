interface Known {
  /** Segments of the path, lower case; one that begins with `:` stands for any. */
  readonly segments: readonly string[];
  readonly methods: readonly string[];
}

const known: Known[] = [];

/** Told by each operation when it is declared. `path` in Nest's spelling: `/api/v1/links/:id`. */
export function knowOperation(path: string, methods: readonly string[]): void {
  known.push({ segments: segmentsOf(path), methods });
}

/** What can be asked at a path, for the `Allow` of a 405; empty where there is nothing. */
export function allowedMethods(path: string): readonly string[] {
  const asked = segmentsOf(path);
  const methods = known.filter(({ segments }) => fits(segments, asked)).flatMap((one) => one.methods);
  return methods.length === 0 ? [] : [...new Set(methods), 'OPTIONS'];
}

/** A final slash does not matter. */
function segmentsOf(path: string): readonly string[] {
  const whole = path.endsWith('/') ? path.slice(0, -1) : path;
  return whole.toLowerCase().split('/');
}

function fits(segments: readonly string[], asked: readonly string[]): boolean {
  return (
    segments.length === asked.length &&
    segments.every((one, at) => (one.startsWith(':') ? asked[at] !== '' : one === asked[at]))
  );
}

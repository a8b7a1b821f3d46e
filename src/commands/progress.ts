const EVERY_MS = 5_000;

/** Tells on stderr how far long work has come; work that ends sooner says nothing. */
export function progressOf(what: string): (text: string) => void {
  let told = performance.now();
  // Whoever read it may have gone (`2>&1 | head`): that must not end the work half-way.
  process.stderr.on('error', () => undefined);
  return (text) => {
    if (performance.now() - told < EVERY_MS) return;
    told = performance.now();
    process.stderr.write(`${what}: ${text}\n`);
  };
}

/** 1234567 → "1,234,567" */
export function inGroups(count: number): string {
  return count.toLocaleString('en');
}

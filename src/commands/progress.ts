const EVERY_MS = 5_000;

/** Tells on stderr how far long work has come; work that ends sooner says nothing. */
export function progressOf(what: string): (text: string) => void {
  let told = performance.now();
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

import { test } from '@jest/globals';
import { findProgram } from '../../scripts/lib/debian.mjs';

/** A test that needs a program of this machine; without it skipped by name, which counts as a failure with CI=true. */
export function testWith(name: string, what: string, body: (program: string) => void | Promise<void>): void {
  const program = findProgram(name);
  if (program === null) test.skip(`${what} (${name})`, () => undefined);
  else test(what, () => body(program));
}

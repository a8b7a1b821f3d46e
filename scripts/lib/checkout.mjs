/**
 * Where this checkout lies, and fingerprints of what is in it: "is the build stale?" and "are the packages the ones
 * of the lock file?" are both answered by content, because `git pull` gives files any time stamp it likes.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder with package.json; absolute. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** @param {...string} parts below the checkout @returns {string} an absolute path */
export const inCheckout = (...parts) => path.join(root, ...parts);

/** @param {string} text @returns {string} 12 hex digits, enough to tell folders apart */
export const shortHash = (text) => createHash('sha256').update(text).digest('hex').slice(0, 12);

/** @param {string} file @returns {unknown} */
export const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

/**
 * @param {readonly string[]} files absolute paths; order counts
 * @returns {string} SHA-256 in hex over names and contents
 */
export function fingerprint(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const content = readFileSync(file);
    hash.update(`${path.relative(root, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

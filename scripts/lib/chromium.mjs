/** The browser that the tests of the pages and the screenshots use: Debian's, or the one that TEST_CHROMIUM names. */
import { findProgram, installMissing, isExecutable } from './debian.mjs';
import { say } from './say.mjs';

/** @returns {Promise<string | null>} its absolute path; null, with a word on stderr, where it cannot be had */
export async function findChromium() {
  const given = process.env['TEST_CHROMIUM'] ?? '';
  if (given !== '' && isExecutable(given)) return given;
  if (given !== '') say('TEST_CHROMIUM is no program: looking elsewhere');
  await installMissing(['chromium', 'openssl']);
  return findProgram('chromium');
}

/**
 * The same browser without what surrounds its pages, in which opening one costs half; Debian makes both from one source. None
 * where TEST_CHROMIUM names another browser.
 * @returns {Promise<string | null>} its absolute path; null where it cannot be had: then Chromium does its work
 */
export async function findHeadlessShell() {
  if (isExecutable(process.env['TEST_CHROMIUM'] ?? '')) return null;
  await installMissing(['chromium-headless-shell']);
  return findProgram('chromium-headless-shell');
}

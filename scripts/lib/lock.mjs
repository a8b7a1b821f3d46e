/**
 * Folders under the system's temporary folder that are this user's own, and a lock between processes: two `npm start`
 * or `npm test` at once in one checkout must not install or start servers into each other's work.
 */
import { chmodSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Stop } from './say.mjs';

const uid = process.getuid?.() ?? 0;

/**
 * A folder with a name that is the same next time, also for tests, whose own TMPDIR is another one. The temporary folder is everybody's, so a folder that somebody else
 * put there first is refused.
 * @param {string} name @param {number} [mode] @returns {string}
 */
export function privateFolder(name, mode = 0o700) {
  const folder = path.join(process.env['SIGNPOST_TMPDIR'] ?? os.tmpdir(), `signpost-${uid}-${name}`);
  mkdirSync(folder, { recursive: true, mode });
  const found = lstatSync(folder);
  if (!found.isDirectory() || (process.getuid !== undefined && found.uid !== uid)) {
    throw new Stop(`${folder} belongs to somebody else; remove it and try again`);
  }
  chmodSync(folder, mode);
  return folder;
}

/** @param {number} pid @returns {boolean} */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}

/**
 * Runs `work` while no other process of this user runs work under the same name. Locks of dead processes are taken over.
 * @template T
 * @param {string} name
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function alone(name, work) {
  const file = path.join(privateFolder('locks'), name);
  while (!take(file)) await sleep(100);
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/** @param {string} file @returns {boolean} */
function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    if (isAbandoned(file)) discard(file);
    return false;
  }
}

/** @param {string} file @returns {boolean} */
function isAbandoned(file) {
  try {
    const owner = Number(readFileSync(file, 'utf8'));
    const age = Date.now() - lstatSync(file).mtimeMs;
    // An empty file is one whose owner is just about to write its number, or died doing so.
    return owner > 0 ? !isAlive(owner) : age > 5_000;
  } catch {
    return false;
  }
}

/** Moves the lock aside first, so that of two processes that found it abandoned only one removes it. @param {string} file */
function discard(file) {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
    rmSync(aside, { force: true });
  } catch {
    // Another process was quicker.
  }
}

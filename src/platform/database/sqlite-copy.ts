import { copyFileSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { DataSource } from 'typeorm';
import { StartupError } from '../startup-error.js';
import { makePrivate, putInPlace } from './files.js';
import { appliedMigrations } from './migrate.js';

/**
 * Before an existing file gets a new schema it is copied beside itself, as `signpost.sqlite.schema-<version>`:
 * the way back to the version before. The newest copy is kept until the operator removes it.
 *
 * @returns the copy, or null where there is nothing to migrate
 * @throws StartupError if it cannot be made; nothing was changed then
 */
export async function copyBeforeMigrating(writer: DataSource, file: string): Promise<string | null> {
  const applied = await appliedMigrations(writer);
  const last = applied.at(-1);
  const known = writer.migrations.map(({ name }) => name);
  const isPending = known.some((name) => !applied.some((done) => done.name === name));
  if (last === undefined || !isPending) return null;
  const copy = `${file}.schema-${last.timestamp}`;
  const unfinished = `${copy}.unfinished`;
  try {
    makePrivate(unfinished);
    await writer.query('VACUUM INTO ?', [unfinished]);
    putInPlace(unfinished, copy);
    return copy;
  } catch (error) {
    throw new StartupError(
      `The database ${file} needs a new schema and could not be copied first: ${(error as Error).message}. It was left as it is.`,
      error,
    );
  } finally {
    rmSync(unfinished, { force: true });
  }
}

/** The database as it was before; `file` must be closed. The copy stays. */
export function putBack(copy: string, file: string): void {
  const unfinished = `${file}.unfinished`;
  makePrivate(unfinished);
  copyFileSync(copy, unfinished);
  // What a closed file left there belongs to it and would be read into the other.
  for (const suffix of ['-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
  putInPlace(unfinished, file);
}

/** Copies of earlier schemas, once a later one has proven itself: they hold what people have deleted since. */
export function removeOlderCopies(copy: string, file: string): void {
  const folder = dirname(file);
  const beginning = `${basename(file)}.schema-`;
  for (const name of readdirSync(folder).filter((entry) => entry.startsWith(beginning))) {
    if (join(folder, name) !== copy && existsSync(copy)) rmSync(join(folder, name), { force: true });
  }
}

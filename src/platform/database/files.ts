import { closeSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';

/** Gives a whole file its name, so that both outlive a power cut: content first, then the name, then the folder. */
export function putInPlace(unfinished: string, file: string): void {
  syncToDisk(unfinished);
  renameSync(unfinished, file);
  syncToDisk(dirname(file));
}

/** A file's content, or a folder's list of names. */
export function syncToDisk(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** An empty file that only its owner can read; what stood there is gone. */
export function makePrivate(file: string): void {
  closeSync(openSync(file, 'w', 0o600));
}

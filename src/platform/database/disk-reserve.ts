import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Reserve } from './reserve.js';

/** A full WAL of 1,000 pages (4 MB) and as much for the rows: some thousand sign-ins. */
const RESERVE_BYTES = 8 * 1024 * 1024;
/** "Normal ≤ 10 s after space is back". */
const LOOK_EVERY_MS = 2_000;
const PIECE_BYTES = 1024 * 1024;

/** A file that takes the room, and is removed when it is needed. */
export class DiskReserve implements Reserve {
  #isSpent = false;
  #looking: NodeJS.Timeout | undefined;

  constructor(
    private readonly file: string,
    private readonly bytes = RESERVE_BYTES,
  ) {
    // A start on a full disk is no reason not to start: reads and sign-ins work.
    if (!this.#isWhole() && !this.#fill()) this.spend();
  }

  get isSpent(): boolean {
    return this.#isSpent;
  }

  get isFull(): boolean {
    return this.#isSpent;
  }

  spend(): boolean {
    if (this.#isSpent) return false;
    rmSync(this.file, { force: true });
    this.#isSpent = true;
    this.#looking = setInterval(() => this.#recover(), LOOK_EVERY_MS).unref();
    return true;
  }

  close(): void {
    clearInterval(this.#looking);
  }

  /** Twice the room: what is left beside the reserve must be good for something. */
  #recover(): void {
    if (freeBytes(dirname(this.file)) < 2 * this.bytes || !this.#fill()) return;
    clearInterval(this.#looking);
    this.#isSpent = false;
  }

  #isWhole(): boolean {
    return existsSync(this.file) && statSync(this.file).size === this.bytes;
  }

  /** Chance, because a file system may keep equal bytes in no room at all. @returns false when it does not fit */
  #fill(): boolean {
    const piece = randomBytes(Math.min(PIECE_BYTES, this.bytes));
    const file = openSync(this.file, 'w', 0o600);
    try {
      for (let written = 0; written < this.bytes; written += piece.length) writeSync(file, piece);
      return true;
    } catch {
      rmSync(this.file, { force: true });
      return false;
    } finally {
      closeSync(file);
    }
  }
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

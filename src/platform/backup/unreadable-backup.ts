import { StartupError } from '../startup-error.js';

/** A file that cannot be restored: `message` says why. Nothing has been changed because of it. */
export class UnreadableBackup extends StartupError {
  constructor(file: string, problem: string, cause?: unknown) {
    super(`The backup ${file} ${problem}`, cause);
    this.name = 'UnreadableBackup';
  }
}

/** One word after `signpost`. */
export interface Command {
  /** For the list of commands: half a line. */
  readonly summary: string;
  /** For `signpost help <command>`: how it is called, what it does, what it needs. */
  readonly usage: string;
  /** @returns the exit code. @throws what `explain` tells */
  run(args: readonly string[]): Promise<number>;
}

/** One word after `signpost`. */
export interface Command {
  /** For `signpost help <command>`: how it is called, what it does, what it needs. */
  readonly usage: string;
  /** @returns the exit code. @throws what `explain` tells */
  run(args: readonly string[]): Promise<number>;
}

/** How often something may happen: at most `limit` times in `windowMs`, counted per `key` of a `bucket`. */
export interface Rule {
  /** What is counted, e.g. `lookup-server-hour`. */
  readonly bucket: string;
  /** Who is counted: a server id, a network, an account. */
  readonly key: string;
  readonly limit: number;
  readonly windowMs: number;
  /**
   * Beyond the limit, one more act is let through after each pause, which doubles from `firstMs` up to `mostMs`;
   * without it nothing is until the window ends. For guesses by people, who may be right at last (S-21).
   */
  readonly backoff?: { readonly firstMs: number; readonly mostMs: number };
}

/** Acts that were counted, so that they can be taken back. */
export interface Counted {
  readonly rules: readonly Rule[];
  /** By the clock of whoever counted. */
  readonly at: number;
  readonly by: Limiter;
}

/** Counts how often callers do things. Counters may vanish with the process; nothing durable hangs on them. */
export abstract class Limiter {
  /**
   * Counts one act against every rule, before the act (S-20).
   *
   * @throws DomainError rate-limited, with the seconds until the first refusing rule frees; then nothing is counted
   */
  abstract take(rules: readonly Rule[]): Promise<Counted>;

  /**
   * The same at once, where nobody has to be asked: true if it was counted. False if it would be refused or cannot be
   * known yet; then nothing is counted, and `take` says which (P-1). Over several nodes a limit may be let through once
   * more, because they tell each other afterwards: not for guesses (S-20).
   */
  takeNow(rules: readonly Rule[]): boolean {
    return rules.length === 0;
  }

  /**
   * Takes back at once what was just counted, as `refund` does, but from a window that has begun meanwhile too. Where nothing
   * can be counted at once it stays counted.
   */
  giveBackNow(_rules: readonly Rule[]): void {
    // For those who count at once.
  }

  /** Takes back what was counted, for acts that turned out harmless; not from a later window. */
  abstract refund(counted: Counted): Promise<void>;

  /** Forgets everything that was counted: whoever it concerns has shown that it does not count any more. */
  abstract clear(rules: readonly Rule[]): Promise<void>;

  /** Milliseconds until a rule lets the next act through, 0 if it does now. Counts nothing. */
  abstract wait(rule: Rule): Promise<number>;
}

/** Chance. Secrets come from a cryptographic source; tests may replay a fixed one. */
export abstract class Random {
  /** `count` unpredictable bytes. */
  abstract bytes(count: number): Buffer;

  /** `bytes` random bytes as lower-case hex: ids (16) and tokens (32) of the wire protocol (fact 5 of security.md). */
  hex(bytes: number): string {
    return this.bytes(bytes).toString('hex');
  }

  /** A whole number, `0 <= n < limit`, without modulo bias; `limit` up to 2^53. */
  below(limit: number): number {
    const range = 2 ** 53;
    const unbiased = range - (range % limit);
    for (;;) {
      const draw = Number(this.bytes(8).readBigUInt64BE() >> 11n);
      if (draw < unbiased) return draw % limit;
    }
  }
}

/** Seconds until a limit frees, ±20 %, so that refused callers do not come back together (S-26). */
export function around(random: Random, seconds: number): number {
  return Math.ceil((seconds * (800 + random.below(401))) / 1_000);
}

/** A whole number from half to one and a half times `mean`, at least 1: callers who were all refused come back apart. */
export function spread(random: Random, mean: number): number {
  const least = Math.max(1, Math.ceil(mean / 2));
  return least + random.below(Math.max(1, Math.floor(mean * 1.5) - least + 1));
}

import type { Clock } from '../../shared/clock.js';
import { RedisAway } from '../redis/redis-away.js';
import type { Rule } from './limiter.js';

/** So many acts of one kind and caller; below zero, so many are taken back. */
export interface Acts {
  readonly rule: Rule;
  readonly count: number;
}

interface Entry {
  readonly rule: Rule;
  /** Let through here, and not known to be told; below zero where more was taken back than let through since. */
  count: number;
  /** By the own clock; in the past: not refused. */
  blockedUntil: number;
}

/** The counters of all nodes. */
export interface CommonCounters {
  /** Adds acts, or takes them back. @returns for each how long the next one has to wait, in milliseconds. @throws RedisAway */
  tell(acts: readonly Acts[]): Promise<readonly number[]>;
  /** Is told what else it threw: nobody waits for it who could be. */
  failed(error: unknown): void;
}

/** What is let through is told to the others this often. */
const TELL_EVERY_MS = 1_000;
/** About 300 bytes each: 15 MB at most. */
const MOST_ENTRIES = 50_000;
/** A script over more keys would hold everybody else up. */
const TOLD_AT_ONCE = 200;

/**
 * Counts here first and tells Redis afterwards, so that a list costs no round trip (performance.md). Until they are told,
 * the others know nothing of it: in such a second every node may let its share of a limit through, which makes one limit
 * more over all nodes at most. Not for guesses, which are counted before they are looked at (S-20).
 */
export class Tally {
  readonly #entries = new Map<string, Entry>();
  #isTelling = false;
  #isEnded = false;

  /** @param soon runs a function in a while */
  constructor(
    private readonly clock: Clock,
    private readonly nodes: number,
    private readonly common: CommonCounters,
    private readonly soon: (then: () => void) => void = later,
  ) {}

  /** Counts one act. @returns false, and counts nothing, where only the common counters can say */
  takes(rules: readonly Rule[]): boolean {
    const now = this.clock.now();
    const entries: Entry[] = [];
    for (const rule of rules) {
      const entry = this.#entryOf(rule);
      if (entry === null || entry.blockedUntil > now || entry.count * this.nodes >= rule.limit) return false;
      entries.push(entry);
    }
    for (const entry of entries) entry.count += 1;
    this.#tellSoon();
    return true;
  }

  /** Takes one act back. Where there is no room to note it, it stays counted. */
  givesBack(rules: readonly Rule[]): void {
    for (const rule of rules) {
      const entry = this.#entryOf(rule);
      if (entry !== null) entry.count -= 1;
    }
    this.#tellSoon();
  }

  /** Whoever it concerns is counted anew. */
  forget(rules: readonly Rule[]): void {
    for (const rule of rules) this.#entries.delete(keyOf(rule));
  }

  /** All of it: the common counters have gone. */
  forgetAll(): void {
    this.#entries.clear();
  }

  /** Tells nothing more, as the process ends: else its timer came round for as long as somebody has to wait. */
  end(): void {
    this.#isEnded = true;
    this.#entries.clear();
  }

  #entryOf(rule: Rule): Entry | null {
    const key = keyOf(rule);
    const known = this.#entries.get(key);
    if (known) return known;
    if (rule.backoff || this.#entries.size >= MOST_ENTRIES) return null;
    const entry = { rule, count: 0, blockedUntil: -Infinity };
    this.#entries.set(key, entry);
    return entry;
  }

  #tellSoon(): void {
    if (this.#isTelling || this.#isEnded) return;
    this.#isTelling = true;
    this.soon(() => void this.#tellAll());
  }

  async #tellAll(): Promise<void> {
    const now = this.clock.now();
    const told: Entry[] = [];
    for (const [key, entry] of this.#entries) {
      if (entry.count !== 0) told.push(entry);
      else if (entry.blockedUntil <= now) this.#entries.delete(key);
    }
    const acts = told.map(({ rule, count }) => ({ rule, count }));
    for (let from = 0; from < told.length; from += TOLD_AT_ONCE) {
      const until = from + TOLD_AT_ONCE;
      await this.#tellSome(told.slice(from, until), acts.slice(from, until));
    }
    this.#isTelling = false;
    if (this.#entries.size > 0) this.#tellSoon();
  }

  async #tellSome(entries: readonly Entry[], acts: readonly Acts[]): Promise<void> {
    const waits = await this.#waitsAfter(acts);
    const now = this.clock.now();
    entries.forEach((entry, at) => {
      // Only now: who is at the limit must not pass while that is being told.
      entry.count -= acts[at]?.count ?? 0;
      entry.blockedUntil = now + (waits[at] ?? 0);
    });
  }

  async #waitsAfter(acts: readonly Acts[]): Promise<readonly number[]> {
    try {
      return await this.common.tell(acts);
    } catch (error) {
      // Away: each node counts by itself until it is back, and what was let through before is forgotten (S-27).
      if (!(error instanceof RedisAway)) this.common.failed(error);
      return [];
    }
  }
}

function keyOf({ bucket, key }: Rule): string {
  return `${bucket}\n${key}`;
}

function later(then: () => void): void {
  setTimeout(then, TELL_EVERY_MS).unref();
}

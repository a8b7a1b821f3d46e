import { Memory } from '../../shared/memory.js';
import { lastly, soon, type Soon } from '../../shared/soon.js';
import { measuredCache, type CacheCounts, type CacheName } from '../metrics/caches.js';
import type { Change, ChangeFeed } from './change-feed.js';
import { OpenReads, type OpenRead } from './open-reads.js';

interface Size {
  /** What it is called in the metrics. */
  readonly cache: CacheName;
  /** How many are remembered. */
  readonly most: number;
  /** About so many each. */
  readonly bytes: number;
}

/** What the values are about, so that its changes drop them. */
interface Subject<Value> {
  readonly topic: Change['topic'];
  readonly id: (value: Value) => string;
}

/**
 * Remembers what was read of accounts or servers, by a key of its own, so that a caller does not cost a look-up each time it asks.
 *
 * Exact or not used (S-62): any change of such a subject drops what is known of it before it is acknowledged, and nothing here
 * counts unless this process has confirmed within the last second that it hears of every change.
 */
export class ExactMemory<Value> {
  readonly #values: Memory<string, Value>;
  /** By what they are about; most subjects have one. */
  readonly #keys = new Map<string, string | Set<string>>();
  readonly #reads = new OpenReads();

  readonly #counts: CacheCounts;

  constructor(
    protected readonly feed: ChangeFeed,
    { cache, most, bytes }: Size,
    private readonly subject: Subject<Value>,
  ) {
    this.#values = new Memory(most, (key, value) => this.#unlist(key, value));
    this.#counts = measuredCache(cache, this.#values, bytes);
    feed.listen({
      changed: (change) => {
        this.#reads.changed(change);
        if (change.topic === subject.topic) this.#drop(change.id);
      },
      missed: () => {
        this.#reads.missed();
        this.#values.clear();
      },
    });
  }

  /** Whether what is remembered counts now. Asked each time, as it costs next to nothing. */
  protected get isExact(): boolean {
    return this.feed.hearsAll;
  }

  /** Whether `find` has a value for it now. Counts nothing. */
  has(key: string): boolean {
    return this.isExact && this.#values.has(key);
  }

  find(key: string): Value | undefined {
    const value = this.isExact ? this.#values.get(key) : undefined;
    (value === undefined ? this.#counts.misses : this.#counts.hits).add();
    return value;
  }

  /** `find` for whoever asks again and again for the same key. */
  follow(key: string): () => Value | undefined {
    const followed = this.#values.follow(key);
    return () => {
      const value = this.isExact ? followed() : undefined;
      (value === undefined ? this.#counts.misses : this.#counts.hits).add();
      return value;
    };
  }

  /** Reads, and remembers it unless its subject changed meanwhile. That there is nothing is not remembered, nor that nobody looked. */
  read<Nothing extends null | undefined>(
    key: string,
    look: () => Soon<Value | Nothing>,
  ): Soon<Value | Nothing> {
    if (!this.isExact) return look();
    const read = this.#reads.begin();
    const keep = (found: Value | Nothing): Value | Nothing => {
      if (found && !this.#isStale(read, found)) this.#keep(key, found);
      return found;
    };
    return lastly(
      () => soon(look(), keep),
      () => read.end(),
    );
  }

  #isStale(read: OpenRead, found: Value): boolean {
    const { topic, id } = this.subject;
    return read.isStale(topic, [id(found)]);
  }

  /** What was read while others wrote unheard went with `missed`, which spoils the read. */
  #keep(key: string, value: Value): void {
    this.#values.set(key, value);
    const id = this.subject.id(value);
    const keys = this.#keys.get(id);
    if (keys instanceof Set) keys.add(key);
    else this.#keys.set(id, keys === undefined || keys === key ? key : new Set([keys, key]));
  }

  #drop(id: string): void {
    const keys = this.#keys.get(id);
    if (keys instanceof Set) for (const key of [...keys]) this.#values.delete(key);
    else if (keys !== undefined) this.#values.delete(keys);
  }

  #unlist(key: string, value: Value): void {
    const id = this.subject.id(value);
    const keys = this.#keys.get(id);
    if (keys instanceof Set) keys.delete(key);
    const isLast = keys instanceof Set ? keys.size === 0 : keys === key;
    if (isLast) this.#keys.delete(id);
  }
}

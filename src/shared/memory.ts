/** Where a value is kept. It may be held beyond its time, so it keeps nothing of it. */
class Slot<Key, Value> {
  isUsed = false;
  older: Slot<Key, Value> | undefined = undefined;
  newer: Slot<Key, Value> | undefined = undefined;
  #value: Value | undefined;

  constructor(
    readonly key: Key,
    value: Value,
    readonly weight: number,
  ) {
    this.#value = value;
  }

  /** Undefined once it is gone. */
  use(): Value | undefined {
    // Asked first: what is written must be fetched into the cache, and sent back.
    if (!this.isUsed) this.isUsed = true;
    return this.#value;
  }

  replace(make: (value: Value) => Value): void {
    this.#value = make(this.#value as Value);
  }

  empty(): Value {
    const value = this.#value as Value;
    this.#value = undefined;
    return value;
  }
}

/**
 * A map that holds at most so much. What was not asked for since the last time round goes first; asking costs no more
 * than in a plain map.
 */
export class Memory<Key, Value> {
  readonly #slots = new Map<Key, Slot<Key, Value>>();
  /**
   * The ends of a chain by age. The map's own order would tell the same, but whoever looks for its first entry steps over the
   * gap of each that went since the map was last laid out anew: with 50,000 entries 28 µs for each that comes (P-3).
   * Not a `Chain`: with that 100,000 lists took 57 MB more, by three runs of P-9 each, for a reason that was not found.
   */
  #oldest: Slot<Key, Value> | undefined;
  #youngest: Slot<Key, Value> | undefined;
  #weight = 0;

  /**
   * @param most weight of everything together; 0 keeps nothing
   * @param onGone is told of every value that goes, by whatever way
   */
  constructor(
    private readonly most: number,
    private readonly onGone: (key: Key, value: Value) => void = () => undefined,
  ) {}

  get size(): number {
    return this.#slots.size;
  }

  get weight(): number {
    return this.#weight;
  }

  get(key: Key): Value | undefined {
    return this.#slots.get(key)?.use();
  }

  /** `get` for whoever asks again and again for the same key: looked up only where what was there is gone (P-1). */
  follow(key: Key): () => Value | undefined {
    let slot: Slot<Key, Value> | undefined;
    return () => slot?.use() ?? (slot = this.#slots.get(key))?.use();
  }

  has(key: Key): boolean {
    return this.#slots.has(key);
  }

  /** Another value of the same weight in the place of one that is there: no older, no younger, and nobody is told. */
  replace(key: Key, make: (value: Value) => Value): void {
    this.#slots.get(key)?.replace(make);
  }

  /** @returns false if it weighs more than all the room there is: then it is not kept */
  set(key: Key, value: Value, weight = 1): boolean {
    this.delete(key);
    if (weight > this.most) return false;
    this.#makeRoom(weight);
    const slot = new Slot(key, value, weight);
    this.#slots.set(key, slot);
    this.#append(slot);
    this.#weight += weight;
    return true;
  }

  delete(key: Key): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    this.#slots.delete(key);
    this.#takeOut(slot);
    this.#weight -= slot.weight;
    this.onGone(key, slot.empty());
  }

  clear(): void {
    for (const key of [...this.#slots.keys()]) this.delete(key);
  }

  /** The oldest goes, unless it was asked for since: then it becomes the youngest, once. */
  #makeRoom(weight: number): void {
    while (this.#oldest !== undefined && this.#weight + weight > this.most) {
      const slot = this.#oldest;
      if (!slot.isUsed) {
        this.delete(slot.key);
        continue;
      }
      slot.isUsed = false;
      this.#takeOut(slot);
      this.#append(slot);
    }
  }

  #append(slot: Slot<Key, Value>): void {
    slot.older = this.#youngest;
    slot.newer = undefined;
    if (this.#youngest) this.#youngest.newer = slot;
    else this.#oldest = slot;
    this.#youngest = slot;
  }

  #takeOut(slot: Slot<Key, Value>): void {
    const { older, newer } = slot;
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#youngest = older;
    // Whoever still holds it must not keep others alive.
    slot.older = slot.newer = undefined;
  }
}

interface Slot<Value> {
  readonly value: Value;
  readonly weight: number;
  isUsed: boolean;
}

/**
 * A map that holds at most so much. What was not asked for since the last time round goes first; asking costs no more
 * than in a plain map.
 */
export class Memory<Key, Value> {
  readonly #slots = new Map<Key, Slot<Value>>();
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
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    // Asked first: what is written must be fetched into the cache, and sent back.
    if (!slot.isUsed) slot.isUsed = true;
    return slot.value;
  }

  has(key: Key): boolean {
    return this.#slots.has(key);
  }

  /** @returns false if it weighs more than all the room there is: then it is not kept */
  set(key: Key, value: Value, weight = 1): boolean {
    this.delete(key);
    if (weight > this.most) return false;
    this.#makeRoom(weight);
    this.#slots.set(key, { value, weight, isUsed: false });
    this.#weight += weight;
    return true;
  }

  delete(key: Key): void {
    const slot = this.#slots.get(key);
    if (slot === undefined) return;
    this.#slots.delete(key);
    this.#weight -= slot.weight;
    this.onGone(key, slot.value);
  }

  clear(): void {
    for (const key of [...this.#slots.keys()]) this.delete(key);
  }

  /** The oldest goes, unless it was asked for since: then it becomes the youngest, once. */
  #makeRoom(weight: number): void {
    for (const [key, slot] of this.#slots) {
      if (this.#weight + weight <= this.most) return;
      if (!slot.isUsed) {
        this.delete(key);
        continue;
      }
      slot.isUsed = false;
      this.#slots.delete(key);
      this.#slots.set(key, slot);
    }
  }
}

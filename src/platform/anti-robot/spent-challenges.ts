/** Remembers which challenges were used, so that each lets one form through. */
export abstract class SpentChallenges {
  /**
   * Uses a challenge up.
   *
   * @param until when it expires by itself (ms) and may be forgotten
   * @returns false if it was used before
   * @throws DomainError unavailable when no more can be remembered
   */
  abstract spend(id: string, until: number): Promise<boolean>;

  /** Makes a used challenge good again, once. */
  abstract giveBack(id: string): Promise<void>;
}

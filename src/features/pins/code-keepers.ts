import { Injectable } from '@nestjs/common';
import type { AccountId } from '../../shared/ids.js';

/** A device that shows a code and waits for somebody to answer. */
export interface WaitingDevice {
  /** What the app calls itself, or ''. */
  readonly app: string;
  /** What the device calls itself, or ''. */
  readonly deviceId: string;
  /** Network that asked for the code (`networkOf`). */
  readonly network: string;
  readonly createdAt: number;
  /** What the app may do once it is let in; empty where it simply signs in. */
  readonly scopes: readonly string[];
  /** Who has let it in already; null while it waits. */
  readonly confirmedBy: AccountId | null;
  /** Lets it in, once; inside a unit of work. @returns false if somebody was first, or it is too late */
  confirm(accountId: AccountId): Promise<boolean>;
  /** Sends it away; inside a unit of work. @returns as `confirm` */
  decline(accountId: AccountId): Promise<boolean>;
}

/** Finds a live code, eight letters of the PIN alphabet; null for every reason why there is none. */
type Find = (code: string) => Promise<WaitingDevice | null>;

/** Whoever gives out codes that people type on the PIN page says so here: this room cannot know them all. */
@Injectable()
export class CodeKeepers {
  readonly #finds: Find[] = [];

  alsoFind(find: Find): void {
    this.#finds.push(find);
  }

  async find(code: string): Promise<WaitingDevice | null> {
    for (const find of this.#finds) {
      const device = await find(code);
      if (device) return device;
    }
    return null;
  }
}

import type { OpenRead } from '../../platform/changes/open-reads.js';
import type { AccountId } from '../../shared/ids.js';
import { soon, type Soon } from '../../shared/soon.js';
import { countUnread } from '../links/index.js';
import type { StoredSignIn } from '../sessions/index.js';
import type { Brought, Directory } from './directory.js';
import type { FirstLooksRepository } from './first-looks.repository.js';
import type { ServerList } from './server-list.js';

/**
 * A look at a token that brings the links of its account with it: a device that is not remembered comes for its list, and
 * then both are one question to the database (P-3). To be ended, whatever came of it.
 */
export class FirstLook {
  #read: OpenRead | null = null;
  #brought: Brought | undefined;
  /** When it was asked for, until there is an answer. */
  #askedAt: number | undefined;

  constructor(
    private readonly looks: FirstLooksRepository,
    private readonly directory: Directory,
  ) {}

  /** How `DevicesService.lookUp` is to find a token: alone, where lists are remembered (P-12). */
  get find(): ((digest: string) => Soon<StoredSignIn | null>) | undefined {
    return this.directory.holdsMost ? undefined : this.#find;
  }

  readonly #find = (digest: string): Soon<StoredSignIn | null> => {
    const since = (this.#askedAt = performance.now());
    const read = (this.#read = this.directory.begin());
    return soon(this.looks.findByDigest(digest), (found) => {
      this.#askedAt = undefined;
      if (found === null) return null;
      this.#brought = { rows: found.links, read, since };
      return found.signIn;
    });
  };

  /** The list of the account whose token was looked up. Complete or an error. */
  listOf(accountId: AccountId): Soon<ServerList> {
    return this.directory.of(accountId, this.#brought);
  }

  end(): void {
    this.#read?.end();
    if (this.#askedAt !== undefined) countUnread(this.#askedAt);
  }
}

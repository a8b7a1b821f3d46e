import { Injectable } from '@nestjs/common';
import { ChangeFeed } from '../../platform/changes/change-feed.js';
import { ExactMemory } from '../../platform/changes/exact-memory.js';
import type { DeviceId } from '../../shared/ids.js';
import type { Account } from '../accounts/index.js';

/** A caller that proved to be a device of an account. */
export interface SignedInDevice {
  readonly account: Account;
  readonly deviceId: DeviceId;
}

/** A token that was found, of an account that is active; whether its time has run out is asked at every request. */
export interface CheckedToken {
  readonly signedIn: SignedInDevice;
  readonly createdAt: number;
  /** Runs ahead of the database by the stamp that is being written. */
  lastUsedAt: number;
}

const TOKEN_BYTES = 600;
/** 30 MB at most. */
const MOST = 50_000;

/** Tokens that were checked, by digest. Nothing is remembered of one that is unknown: it may be made the next moment. */
@Injectable()
export class CheckedTokens extends ExactMemory<CheckedToken> {
  constructor(feed: ChangeFeed) {
    super(
      feed,
      { cache: 'tokens', most: MOST, bytes: TOKEN_BYTES },
      { topic: 'account', id: ({ signedIn }) => signedIn.account.id },
    );
  }
}

import { Injectable } from '@nestjs/common';
import { ChangeFeed } from '../../platform/changes/change-feed.js';
import { ExactMemory } from '../../platform/changes/exact-memory.js';
import type { Account } from '../accounts/index.js';
import type { SignedInApp } from './access-token.js';
import type { AppSignIn } from './app-sign-in.js';

/** A sign-in that was found, of an account that is active; whether its time has run out is asked at every request. */
export interface CheckedSignIn {
  readonly account: Account;
  /** `lastUsedAt` runs ahead of the database by the stamp that is being written. */
  signIn: AppSignIn;
  /** The app by the token that was let in last, so that the next request with it finds this put together. */
  app?: SignedInApp;
}

const SIGN_IN_BYTES = 900;
/** 18 MB at most. */
const MOST = 20_000;

/** Sign-ins of apps that were checked, by id. */
@Injectable()
export class CheckedSignIns extends ExactMemory<CheckedSignIn> {
  constructor(feed: ChangeFeed) {
    super(
      feed,
      { cache: 'sign-ins', most: MOST, bytes: SIGN_IN_BYTES },
      { topic: 'account', id: ({ account }) => account.id },
    );
  }
}

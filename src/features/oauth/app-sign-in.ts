import type { AccountId } from '../../shared/ids.js';

/** An app or a site that somebody has let in: one per account, app and device (S-14). */
export interface AppSignIn {
  /** 32 lower-case hex digits. */
  readonly id: string;
  readonly accountId: AccountId;
  readonly clientId: string;
  readonly appName: string;
  /** What the device calls itself; '' for a site. */
  readonly deviceName: string;
  /** Network it came from (`networkOf`). */
  readonly network: string;
  readonly createdAt: number;
  /** To the hour, and at each refresh. */
  readonly lastUsedAt: number;
  readonly scopes: readonly string[];
}

/** What is known when a sign-in begins. */
export type AppDescription = Pick<
  AppSignIn,
  'accountId' | 'clientId' | 'appName' | 'deviceName' | 'network' | 'scopes'
>;

/** How long an app may be away and how long it may stay (S-12), in milliseconds. */
export interface AppLifetimes {
  readonly idle: number;
  readonly absolute: number;
}

export function endOf(signIn: Pick<AppSignIn, 'createdAt' | 'lastUsedAt'>, lifetimes: AppLifetimes): number {
  return Math.min(signIn.lastUsedAt + lifetimes.idle, signIn.createdAt + lifetimes.absolute);
}

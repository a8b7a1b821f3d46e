import type { AccountId, DeviceId } from '../../shared/ids.js';

/** An app that is signed in to an account. */
export interface Device {
  readonly id: DeviceId;
  readonly accountId: AccountId;
  /** What the app calls itself (`X-Application`), or ''. */
  readonly app: string;
  /** What the device calls itself, or ''. */
  readonly name: string;
  /** Network it signed in from (`networkOf`). */
  readonly network: string;
  readonly createdAt: number;
  /** To the hour: it is written at most that often (S-14). */
  readonly lastUsedAt: number;
}

/** How long a device may be away and how long it may stay (S-11), in milliseconds. */
export interface Lifetimes {
  readonly idle: number;
  readonly absolute: number;
}

export function hasExpired(
  device: Pick<Device, 'createdAt' | 'lastUsedAt'>,
  lifetimes: Lifetimes,
  now: number,
): boolean {
  return now >= device.lastUsedAt + lifetimes.idle || now >= device.createdAt + lifetimes.absolute;
}

/** Text from outside that is only ever shown: control characters out, cut to fit. */
export function label(text: string): string {
  const printable = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, ' ').trim();
  return Array.from(printable).slice(0, 64).join('');
}

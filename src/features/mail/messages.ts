/** What one mail says. Names that come in are cleaned and in quotes already (S-93). */
export interface Words {
  /** No token, no link (S-53). */
  readonly subject: string;
  readonly greeting: string;
  readonly paragraphs: readonly string[];
  /** What to compare by eye, as name and value. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** What the button says; null where there is nothing to do. */
  readonly action: string | null;
  /** The quieter end: how long, what if not. */
  readonly notes: readonly string[];
}

/** Everything people read in a mail, in one language. `english.ts` is the first. */
export interface Messages {
  readonly language: string;
  days(count: number): string;
  hours(count: number): string;
  minutes(count: number): string;
  footer(publicUrl: string): string;
  /** Leads to the page where somebody says that they want no more invitations. */
  readonly stop: string;
  confirmAddress(fields: LinkFields): Words;
  signUpAttempt(fields: { userName: string }): Words;
  linkWaiting(fields: LinkWaitingFields): Words;
  signUpInvitation(fields: { requester: string | null; serverName: string; lifetime: string }): Words;
  resetPassword(fields: LinkFields): Words;
  passwordChanged(fields: { userName: string }): Words;
  confirmNewAddress(fields: LinkFields): Words;
  addressChanging(fields: LinkFields): Words;
  unlockSignIn(fields: { userName: string }): Words;
  newDevice(fields: DeviceFields): Words;
  tokenReused(fields: DeviceFields): Words;
  deviceEnded(fields: DeviceFields): Words;
  accountDeleted(fields: { userName: string }): Words;
}

interface LinkFields {
  readonly userName: string;
  /** How long the link works, in words. */
  readonly lifetime: string;
}

/** What a device says of itself, and whose it is. */
export interface DeviceFields {
  readonly userName: string;
  readonly app: string;
  readonly deviceName: string;
}

interface LinkWaitingFields {
  readonly userName: string;
  readonly requester: string | null;
  readonly serverName: string;
  readonly serverHost: string;
  readonly fingerprint: string;
  readonly linkKind: 'linked' | 'guest';
  readonly lifetime: string;
}

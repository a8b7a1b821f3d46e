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

/** Everything people read in a mail, in one language. */
export interface Messages {
  readonly language: string;
  days(count: number): string;
  hours(count: number): string;
  minutes(count: number): string;
  footer(publicUrl: string): string;
  confirmAddress(fields: { userName: string; lifetime: string }): Words;
  signUpAttempt(fields: { userName: string }): Words;
  linkWaiting(fields: LinkWaitingFields): Words;
  signUpInvitation(fields: { requester: string | null; serverName: string; lifetime: string }): Words;
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

const counted = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'}`;

/** Who asks, where the media server did not say. */
const UNNAMED_ADMIN = 'The admin of a media server';

export const english: Messages = {
  language: 'en',
  days: (count) => counted(count, 'day'),
  hours: (count) => counted(count, 'hour'),
  minutes: (count) => counted(count, 'minute'),
  footer: (publicUrl) => `Sent by Signpost at ${publicUrl}`,

  confirmAddress: ({ userName, lifetime }) => ({
    subject: 'Confirm your e-mail address',
    greeting: `Hello ${userName},`,
    paragraphs: [
      'A Signpost account was opened with this e-mail address. Confirm the address to finish signing up.',
    ],
    facts: [],
    action: 'Confirm this address',
    notes: [
      `The link works once, for ${lifetime}.`,
      'If you did not sign up, ignore this mail: without your confirmation the account stays closed and is deleted.',
    ],
  }),

  signUpAttempt: ({ userName }) => ({
    subject: 'Somebody tried to sign up with your e-mail address',
    greeting: 'Hello,',
    paragraphs: [
      'Somebody, perhaps you, tried to open a Signpost account with this e-mail address.',
      `You have an account already. Its user name is ${userName}. Nothing about it has changed.`,
    ],
    facts: [],
    action: null,
    notes: ['If it was you, sign in with that user name. If not, there is nothing to do.'],
  }),

  linkWaiting: ({ userName, requester, serverName, serverHost, fingerprint, linkKind, lifetime }) => ({
    subject: `The media server ${serverName} waits for your answer`,
    greeting: `Hello ${userName},`,
    paragraphs: [
      `${requester ?? UNNAMED_ADMIN} would like you to use the server ${serverName}.`,
      linkKind === 'linked'
        ? 'If you accept, Signpost will be linked to your existing account on that server.'
        : 'If you accept, a new guest account will be made for you there.',
      'Anybody can give a server any name. If you are not sure, ask its admin whether this is right:',
    ],
    facts: [
      ['Server', serverName],
      ['Host', serverHost],
      ['Fingerprint', fingerprint],
    ],
    action: 'Accept or decline',
    notes: [`Nothing happens without your answer. You can give it for ${lifetime}.`],
  }),

  signUpInvitation: ({ requester, serverName, lifetime }) => ({
    subject: `${requester ?? UNNAMED_ADMIN} invites you to ${serverName}`,
    greeting: 'Hello,',
    paragraphs: [
      `${requester ?? UNNAMED_ADMIN} would like you to use the server ${serverName}. For that you need a Signpost account: open the link, choose a user name and a password, and sign up.`,
      'Then tell the admin of the server your user name: you have to be added there once more before you see the server.',
    ],
    facts: [],
    action: 'Sign up',
    notes: [
      `The link works once, for ${lifetime}.`,
      'If you do not want this, ignore this mail: nothing happens then.',
    ],
  }),
};

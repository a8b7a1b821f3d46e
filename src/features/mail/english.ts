import type { Messages, Words } from './messages.js';

const counted = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? '' : 's'}`;

/** Who asks, where the media server did not say. */
const UNNAMED_ADMIN = 'The admin of a media server';

const deviceFacts = (app: string, deviceName: string): Words['facts'] => [
  ['App', app],
  ['Device', deviceName],
];

export const english: Messages = {
  language: 'en',
  days: (count) => counted(count, 'day'),
  hours: (count) => counted(count, 'hour'),
  minutes: (count) => counted(count, 'minute'),
  footer: (publicUrl) => `Sent by Signpost at ${publicUrl}`,
  stop: 'No more invitations to this address',

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

  resetPassword: ({ userName, lifetime }) => ({
    subject: 'Choose a new password',
    greeting: `Hello ${userName},`,
    paragraphs: ['Somebody, perhaps you, asked for a new password for your Signpost account.'],
    facts: [],
    action: 'Choose a new password',
    notes: [
      `The link works once, for ${lifetime}, and only the one in the newest of these mails.`,
      'If it was not you, ignore this mail: your password stays as it is.',
    ],
  }),

  passwordChanged: ({ userName }) => ({
    subject: 'Your password was changed',
    greeting: `Hello ${userName},`,
    paragraphs: [
      'The password of your Signpost account was changed. Devices that were signed in may have to sign in again.',
      'If it was you, there is nothing to do. If not, choose a new password now: that ends every sign-in.',
    ],
    facts: [],
    action: 'It was not me',
    notes: [],
  }),

  confirmNewAddress: ({ userName, lifetime }) => ({
    subject: 'Confirm your new e-mail address',
    greeting: 'Hello,',
    paragraphs: [
      `The Signpost account ${userName} is to have this e-mail address. Confirm the address to make the change.`,
    ],
    facts: [],
    action: 'Confirm this address',
    notes: [
      `The link works once, for ${lifetime}. Until then the account keeps the address it has.`,
      'If you did not ask for this, ignore this mail: without your confirmation nothing changes.',
    ],
  }),

  addressChanging: ({ userName, lifetime }) => ({
    subject: 'Your e-mail address is about to change',
    greeting: `Hello ${userName},`,
    paragraphs: [
      'Somebody, perhaps you, asked to change the e-mail address of your Signpost account. This mail goes to the address it has had so far.',
      'If it was you, there is nothing to do here: the change is made with the link in the mail to the new address.',
      'If it was not you, keep this address: that undoes the change, ends every sign-in and asks for a new password.',
    ],
    facts: [],
    action: 'Keep this address',
    notes: [`The link works for ${lifetime}, also once the address has changed.`],
  }),

  unlockSignIn: ({ userName }) => ({
    subject: 'Too many wrong passwords for your account',
    greeting: `Hello ${userName},`,
    paragraphs: [
      'A wrong password was given for your Signpost account many times, from networks where you have not signed in lately. For its protection nobody can sign in from such a network now.',
      'At home and wherever else you have signed in lately, everything works as before, and there is nothing to do. If you want to sign in somewhere new, allow it again:',
    ],
    facts: [],
    action: 'Allow sign-in from new places',
    notes: [
      'The link works once.',
      'None of those passwords was right. If anybody else may know yours, change it.',
    ],
  }),

  newDevice: ({ userName, app, deviceName }) => ({
    subject: 'A new device signed in to your account',
    greeting: `Hello ${userName},`,
    paragraphs: ['A device that was not seen before was let in to your Signpost account:'],
    facts: deviceFacts(app, deviceName),
    action: 'See your devices',
    notes: [
      'A device chooses these names itself.',
      'If it was you, there is nothing to do. If not, end the device there, and never enter a PIN that somebody else gave you.',
    ],
  }),

  tokenReused: ({ userName, app, deviceName }) => ({
    subject: 'An app was signed out for safety',
    greeting: `Hello ${userName},`,
    paragraphs: [
      'A key of an app that is signed in to your Signpost account was used a second time, long after the app had been given a new one. Somebody may have copied it, so the app was signed out:',
    ],
    facts: deviceFacts(app, deviceName),
    action: 'See your devices',
    notes: [
      'A device chooses these names itself.',
      'To use the app again, sign in on it again. If this happens more than once, do not trust the device it runs on.',
    ],
  }),

  deviceEnded: ({ userName, app, deviceName }) => ({
    subject: 'A device was signed out of your account',
    greeting: `Hello ${userName},`,
    paragraphs: [
      'Your Signpost account had as many devices as it can have when one more signed in. The one that had not been used for longest was signed out for it:',
    ],
    facts: deviceFacts(app, deviceName),
    action: 'See your devices',
    notes: [
      'A device chooses these names itself.',
      'To use that device again, sign in on it again. End devices that you no longer use, and all that are not yours.',
    ],
  }),

  accountDeleted: ({ userName }) => ({
    subject: 'Your account was deleted',
    greeting: `Hello ${userName},`,
    paragraphs: [
      'Your Signpost account is gone, with its links to servers and every sign-in.',
      'Guest users that servers made for you will be removed by those servers. Users of your own that were linked stay as they are.',
    ],
    facts: [],
    action: null,
    notes: ['Signpost sends no more mail about this account. Good-bye!'],
  }),
};

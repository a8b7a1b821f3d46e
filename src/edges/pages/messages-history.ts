import type { AuditKind } from '../../features/audit/index.js';
import { counted } from './time-spans.js';

/** `name` is what the event is about: an app, a server; or ''. */
type Told = (name: string) => string;

const always =
  (text: string): Told =>
  () =>
    text;

const about =
  (text: string): Told =>
  (name) =>
    name === '' ? text : `${text}: ${name}`;

/** What happened, in plain words. A new kind of event does not compile without. */
const happened: Readonly<Record<AuditKind, Told>> = {
  'account-opened': always('Account opened'),
  'account-confirmed': always('E-mail address confirmed'),
  'confirmation-asked': always('Link to confirm the address asked for again'),
  'account-deleted': always('Account deleted'),
  'sign-in': always('Right password entered'),
  'sign-in-unlocked': always('Signing in from new places allowed again'),
  'sign-out': always('Browser signed out'),
  'browser-signed-in': about('Browser signed in'),
  'device-signed-in': about('App signed in'),
  'device-ended': about('App signed out'),
  'app-signed-in': about('App or site let in'),
  'app-ended': about('App or site signed out'),
  'client-added': about('Site registered'),
  'client-removed': about('Site removed'),
  'refresh-token-reused': about('Old key of an app used again, and the app signed out'),
  'others-signed-out': always('Everything signed out but one browser'),
  'password-reset-asked': always('Link for a new password asked for'),
  'password-changed': always('Password changed'),
  'address-change-asked': always('Change of the e-mail address asked for'),
  'address-changed': always('E-mail address changed'),
  'address-reverted': always('Old e-mail address restored'),
  'findability-changed': always('Changed who finds you'),
  'account-exported': always('Your data downloaded'),
  'pin-made': about('PIN made'),
  'pin-confirmed': about('Device let in by PIN'),
  'pin-declined': about('Device sent away'),
  'pin-guard-raised': always('Password asked for before PINs, as many wrong ones were typed'),
  'server-registered': about('Server registered'),
  'server-changed': about('Server has another name or address'),
  'server-identity-changed': about('Server became another installation'),
  'account-looked-up': about('Server looked you up'),
  'link-asked': about('Invitation from a server'),
  'link-accepted': about('Invitation accepted'),
  'link-rejected': about('Invitation declined'),
  'link-revoked': about('Server gone: you left, or it ended the link'),
  'server-blocked': about('Server blocked'),
  'invitation-mailed': about('Invitation mailed'),
};

/** Where an event with this outcome has words of its own. */
const otherwise: Readonly<Record<string, string>> = {
  'sign-in refused': 'Wrong password entered',
  'sign-in limited': 'Too many wrong passwords: further ones refused unseen',
  'pin-confirmed refused': 'Wrong PIN entered',
};

const outcomes: Readonly<Record<string, string>> = { refused: 'refused', limited: 'too many tries' };

function event(kind: string, outcome: string, name: string): string {
  const words = otherwise[`${kind} ${outcome}`];
  if (words !== undefined) return words;
  const told = (happened as Readonly<Record<string, Told | undefined>>)[kind]?.(name) ?? kind;
  return outcome === 'ok' ? told : `${told} (${outcomes[outcome] ?? outcome})`;
}

export const historyWords = {
  heading: 'Security events',
  intro: 'What happened lately, the newest first. Something here was not you?',
  change: 'Change your password',
  event,
  from: (network: string): string => `, from ${network}`,
  fromYours: ', your network',
  empty: 'Nothing yet.',
  lookupsHeading: 'Servers that looked you up',
  lookupsIntro: 'In the last twelve months, before they asked you or in vain.',
  times: (count: number): string => counted(count, 'time'),
};

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
  'account-opened': always('The account was opened'),
  'account-confirmed': always('The e-mail address was confirmed'),
  'account-deleted': always('The account was deleted'),
  'sign-in': always('The password was given'),
  'sign-in-unlocked': always('Signing in from new places was opened again'),
  'sign-out': always('A browser was signed out'),
  'device-signed-in': about('An app was signed in'),
  'device-ended': about('An app was signed out'),
  'app-signed-in': about('An app was let in'),
  'app-ended': about('An app was signed out'),
  'client-added': about('A site was registered'),
  'client-removed': about('A site was removed'),
  'refresh-token-reused': about('An old key of an app was used again, and the app was signed out'),
  'others-signed-out': always('Everything but one browser was signed out'),
  'password-reset-asked': always('A link for a new password was asked for'),
  'password-changed': always('The password was changed'),
  'address-change-asked': always('Another e-mail address was asked for'),
  'address-changed': always('The e-mail address was changed'),
  'address-reverted': always('The old e-mail address was restored'),
  'findability-changed': always('Who finds you was changed'),
  'account-exported': always('Your data was downloaded'),
  'pin-confirmed': about('A device was let in by PIN'),
  'server-registered': about('A server was registered'),
  'server-identity-changed': about('A server became another installation'),
  'account-looked-up': about('A server looked you up'),
  'link-asked': about('A server asked for you'),
  'link-accepted': about('An invitation was accepted'),
  'link-rejected': about('An invitation was declined'),
  'link-revoked': about('A server was left, or ended the link'),
  'server-blocked': about('A server was blocked'),
  'invitation-mailed': about('An invitation was mailed'),
};

/** Where an event with this outcome has words of its own. */
const otherwise: Readonly<Partial<Record<AuditKind, string>>> = {
  'sign-in': 'A wrong password was given',
};

const outcomes: Readonly<Record<string, string>> = { refused: 'refused', limited: 'too many tries' };

function event(kind: string, outcome: string, name: string): string {
  const known = kind as AuditKind;
  if (outcome !== 'ok' && otherwise[known] !== undefined) return otherwise[known];
  const told = (happened as Readonly<Record<string, Told | undefined>>)[kind]?.(name) ?? kind;
  return outcome === 'ok' ? told : `${told} (${outcomes[outcome] ?? outcome})`;
}

export const historyWords = {
  heading: 'Security events',
  intro: 'The last 50, the newest first. Something here was not you? Change your password.',
  event,
  from: (network: string): string => `from ${network}`,
  yourNetwork: 'your network',
  empty: 'Nothing yet.',
  lookupsHeading: 'Servers that looked you up',
  lookupsIntro: 'In the last twelve months, before they asked you or in vain.',
  times: (count: number): string => counted(count, 'time'),
};

import type { Config } from '../../config/index.js';
import { DAY, HOUR, MINUTE } from '../../shared/clock.js';
import { english } from './english.js';
import type { Mail, MailKind, MailOf } from './mail.js';
import type { DeviceFields, Messages, Words } from './messages.js';
import { fingerprintOf } from '../../shared/fingerprint.js';
import { quotedHost, quotedName } from './quoted.js';

/** A mail as sentences, before it becomes text and HTML: both say the same because both are made of this. */
export interface Letter extends Omit<Words, 'action'> {
  readonly action: { readonly label: string; readonly link: string } | null;
  /** Stops mails of this kind; null where the recipient asked for them. */
  readonly stop: { readonly label: string; readonly link: string } | null;
  readonly footer: string;
}

type Settings = Pick<
  Config,
  'publicUrl' | 'verificationTtl' | 'resetTtl' | 'addressRevertTtl' | 'linkWaitingTtl' | 'invitationTtl'
>;

/** A mail of one kind, as words. */
type Wording<K extends MailKind> = (mail: MailOf<K>, settings: Settings, messages: Messages) => Words;

/** Chooses the words for a mail. Everything that a person chose passes through `quoted.ts` here and nowhere else. */
export function composeLetter(
  mail: Mail,
  settings: Settings,
  stopLink: string | null = null,
  messages: Messages = english,
): Letter {
  const words = wordsFor(mail, settings, messages);
  const path = pathOf(mail);
  const action =
    words.action === null || path === null
      ? null
      : { label: words.action, link: `${settings.publicUrl}${path}` };
  const stop = stopLink === null ? null : { label: messages.stop, link: stopLink };
  return { ...words, action, stop, footer: messages.footer(settings.publicUrl) };
}

function wordsFor<K extends MailKind>(mail: MailOf<K>, settings: Settings, messages: Messages): Words {
  return WORDINGS[mail.kind](mail, settings, messages);
}

const WORDINGS: { readonly [K in MailKind]: Wording<K> } = {
  'confirm-address': ({ userName }, { verificationTtl }, messages) =>
    messages.confirmAddress({
      userName: quotedName(userName),
      lifetime: lifetime(verificationTtl, messages),
    }),
  'sign-up-attempt': ({ userName }, _, messages) =>
    messages.signUpAttempt({ userName: quotedName(userName) }),
  'link-waiting': (mail, { linkWaitingTtl }, messages) =>
    messages.linkWaiting({
      userName: quotedName(mail.userName),
      requester: quotedOrNull(mail.requester),
      serverName: quotedName(mail.serverName),
      serverHost: quotedHost(mail.serverHost),
      fingerprint: fingerprintOf(mail.systemId),
      linkKind: mail.linkKind,
      lifetime: lifetime(linkWaitingTtl, messages),
    }),
  'sign-up-invitation': ({ requester, serverName }, { invitationTtl }, messages) =>
    messages.signUpInvitation({
      requester: quotedOrNull(requester),
      serverName: quotedName(serverName),
      lifetime: lifetime(invitationTtl, messages),
    }),
  'reset-password': ({ userName }, { resetTtl }, messages) =>
    messages.resetPassword({ userName: quotedName(userName), lifetime: lifetime(resetTtl, messages) }),
  'password-changed': ({ userName }, _, messages) =>
    messages.passwordChanged({ userName: quotedName(userName) }),
  'confirm-new-address': ({ userName }, { verificationTtl }, messages) =>
    messages.confirmNewAddress({
      userName: quotedName(userName),
      lifetime: lifetime(verificationTtl, messages),
    }),
  'address-changing': ({ userName }, { addressRevertTtl }, messages) =>
    messages.addressChanging({
      userName: quotedName(userName),
      lifetime: lifetime(addressRevertTtl, messages),
    }),
  'unlock-sign-in': ({ userName }, _, messages) => messages.unlockSignIn({ userName: quotedName(userName) }),
  'new-device': (mail, _, messages) => messages.newDevice(quotedDevice(mail)),
  'token-reused': (mail, _, messages) => messages.tokenReused(quotedDevice(mail)),
  'device-ended': (mail, _, messages) => messages.deviceEnded(quotedDevice(mail)),
  'account-deleted': ({ userName }, _, messages) =>
    messages.accountDeleted({ userName: quotedName(userName) }),
};

/** Where the one link of a mail leads, up to its token; null where there is nothing to open. */
const PAGES: Readonly<Record<MailKind, string | null>> = {
  'confirm-address': '/confirm?token=',
  'sign-up-attempt': null,
  'link-waiting': '/invitations?token=',
  'sign-up-invitation': '/sign-up?invitation=',
  'reset-password': '/reset?token=',
  'password-changed': '/forgot',
  'confirm-new-address': '/confirm-address?token=',
  'address-changing': '/revert-address?token=',
  'unlock-sign-in': '/unlock?token=',
  'new-device': '/devices',
  'token-reused': '/devices',
  'device-ended': '/devices',
  'account-deleted': null,
};

function pathOf(mail: Mail): string | null {
  const page = PAGES[mail.kind];
  return page !== null && 'token' in mail ? `${page}${encodeURIComponent(mail.token)}` : page;
}

type DeviceMail = MailOf<'new-device' | 'token-reused' | 'device-ended'>;

function quotedDevice({ userName, app, deviceName }: DeviceMail): DeviceFields {
  return { userName: quotedName(userName), app: quotedName(app), deviceName: quotedName(deviceName) };
}

function quotedOrNull(name: string | null): string | null {
  return name === null ? null : quotedName(name);
}

/** Whole days from two on, else hours, else minutes; rounded down, so that a mail never promises too much. */
function lifetime(ms: number, messages: Messages): string {
  if (ms >= 2 * DAY) return messages.days(Math.floor(ms / DAY));
  if (ms >= HOUR) return messages.hours(Math.floor(ms / HOUR));
  return messages.minutes(Math.max(1, Math.floor(ms / MINUTE)));
}

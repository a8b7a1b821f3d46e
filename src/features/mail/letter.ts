import type { Config } from '../../config/index.js';
import { DAY, HOUR, MINUTE } from '../../shared/clock.js';
import type { Mail } from './mail.js';
import { english, type Messages, type Words } from './messages.js';
import { fingerprintOf, quotedHost, quotedName } from './quoted.js';

/** A mail as sentences, before it becomes text and HTML: both say the same because both are made of this. */
export interface Letter extends Omit<Words, 'action'> {
  readonly action: { readonly label: string; readonly link: string } | null;
  readonly footer: string;
}

type Settings = Pick<Config, 'publicUrl' | 'verificationTtl' | 'linkWaitingTtl' | 'invitationTtl'>;

/** Chooses the words for a mail. Everything that a person chose passes through `quoted.ts` here and nowhere else. */
export function composeLetter(mail: Mail, settings: Settings, messages: Messages = english): Letter {
  const words = wordsFor(mail, settings, messages);
  const path = pathOf(mail);
  const action =
    words.action === null || path === null
      ? null
      : { label: words.action, link: `${settings.publicUrl}${path}` };
  return { ...words, action, footer: messages.footer(settings.publicUrl) };
}

function wordsFor(mail: Mail, settings: Settings, messages: Messages): Words {
  switch (mail.kind) {
    case 'confirm-address':
      return messages.confirmAddress({
        userName: quotedName(mail.userName),
        lifetime: lifetime(settings.verificationTtl, messages),
      });
    case 'sign-up-attempt':
      return messages.signUpAttempt({ userName: quotedName(mail.userName) });
    case 'link-waiting':
      return linkWaiting(mail, settings, messages);
    case 'sign-up-invitation':
      return messages.signUpInvitation({
        requester: quotedOrNull(mail.requester),
        serverName: quotedName(mail.serverName),
        lifetime: lifetime(settings.invitationTtl, messages),
      });
  }
}

function linkWaiting(
  mail: Extract<Mail, { kind: 'link-waiting' }>,
  settings: Settings,
  messages: Messages,
): Words {
  return messages.linkWaiting({
    userName: quotedName(mail.userName),
    requester: quotedOrNull(mail.requester),
    serverName: quotedName(mail.serverName),
    serverHost: quotedHost(mail.serverHost),
    fingerprint: fingerprintOf(mail.systemId),
    linkKind: mail.linkKind,
    lifetime: lifetime(settings.linkWaitingTtl, messages),
  });
}

function quotedOrNull(name: string | null): string | null {
  return name === null ? null : quotedName(name);
}

function pathOf(mail: Mail): string | null {
  switch (mail.kind) {
    case 'confirm-address':
      return `/confirm?token=${encodeURIComponent(mail.token)}`;
    case 'sign-up-attempt':
      return null;
    case 'link-waiting':
      return `/invitations?token=${encodeURIComponent(mail.token)}`;
    case 'sign-up-invitation':
      return `/sign-up?invitation=${encodeURIComponent(mail.token)}`;
  }
}

/** Whole days from two on, else hours, else minutes; rounded down, so that a mail never promises too much. */
function lifetime(ms: number, messages: Messages): string {
  if (ms >= 2 * DAY) return messages.days(Math.floor(ms / DAY));
  if (ms >= HOUR) return messages.hours(Math.floor(ms / HOUR));
  return messages.minutes(Math.max(1, Math.floor(ms / MINUTE)));
}

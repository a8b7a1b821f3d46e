import { DomainError } from '../../shared/domain-error.js';
import type { AccountId, LinkId, ServerId } from '../../shared/ids.js';

/** `linked`: an existing local user. `guest`: created for the person, and deleted by the media server with the link. */
export type LinkKind = 'linked' | 'guest';

export type LinkState = 'waiting' | 'accepted' | 'rejected' | 'revoked' | 'expired';

interface LinkCommon {
  readonly id: LinkId;
  readonly serverId: ServerId;
  readonly accountId: AccountId;
  readonly kind: LinkKind;
  /** User name of the admin who invited, if that admin holds an accepted link to the same server; else null. */
  readonly requester: string | null;
  readonly createdAt: number;
}

/** Asked for by a server, not answered by the person. `expiresAt` null: it was accepted before and never lapses. */
export interface WaitingLink extends LinkCommon {
  readonly state: 'waiting';
  readonly acceptedAt: number | null;
  readonly expiresAt: number | null;
}

export interface AcceptedLink extends LinkCommon {
  readonly state: 'accepted';
  readonly acceptedAt: number;
  readonly expiresAt: null;
}

/** A link that stands in lists. Rejected, revoked and expired ones are gone from every list. */
export type Link = WaitingLink | AcceptedLink;

export type EndState = 'rejected' | 'revoked' | 'expired';

/** Only the person moves a link from waiting to accepted (S-63). Accepting twice changes nothing. */
export function accepted(link: Link, now: number): AcceptedLink {
  if (link.state === 'accepted') return link;
  if (hasLapsed(link, now)) throw linkUnknown();
  return { ...link, state: 'accepted', acceptedAt: now, expiresAt: null };
}

/**
 * Back to waiting, because the server is not the one that was accepted (S-72). It stays in the server's list, or the
 * server would delete the guest (product rule 2), and so it must not lapse.
 */
export function suspended(link: AcceptedLink): WaitingLink {
  return { ...link, state: 'waiting', expiresAt: null };
}

/** What a link becomes when the person ends it: an unanswered one is rejected, an accepted one revoked. */
export function endedByAccount(link: Link): EndState {
  return link.state === 'waiting' && link.acceptedAt === null ? 'rejected' : 'revoked';
}

export function hasLapsed(link: Link, now: number): boolean {
  return link.expiresAt !== null && link.expiresAt <= now;
}

export function linkUnknown(): DomainError {
  return new DomainError('not-found', 'link-unknown', 'There is no such link.');
}

/** The link in a mail: one answer for answered, withdrawn, lapsed and never there (S-34). */
export function answerSpent(): DomainError {
  return new DomainError('gone', 'answer-spent', 'This invitation does not work (any more).');
}

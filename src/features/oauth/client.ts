import { invalidField } from '../../shared/domain-error.js';
import { isLoopbackHost } from '../../config/index.js';

/** Native apps of this broker share one client: their code is in everybody's hands, so it has no secret. */
export const APP_CLIENT = 'signpost-device';

/** A site that signs people in, registered by the operator. */
export interface SiteClient {
  readonly id: string;
  readonly name: string;
  /** Compared letter by letter. */
  readonly redirectUris: readonly string[];
  /** Where a browser may be sent after signing out. */
  readonly signOutUris: readonly string[];
  /** Its software cannot send PKCE: weaker, see `mayOmitPkce`. */
  readonly withoutPkce: boolean;
  readonly createdAt: number;
}

/** What the operator says of a site. */
export type NewSite = Omit<SiteClient, 'createdAt' | 'withoutPkce'> &
  Partial<Pick<SiteClient, 'withoutPkce'>>;

const ID = /^[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?$/;
const LONGEST_URI = 1_000;
const MOST_URIS = 20;

/** @throws DomainError invalid, naming the field */
export function checkSite({ id, name, redirectUris, signOutUris }: NewSite): void {
  if (!ID.test(id)) throw invalidField('id', 'needs 1 to 64 small letters, digits and . _ -');
  if (name === '' || name.length > 64) throw invalidField('name', 'needs 1 to 64 characters');
  if (redirectUris.length === 0) throw invalidField('redirect', 'is needed at least once');
  for (const uri of redirectUris) checkUri('redirect', uri);
  for (const uri of signOutUris) checkUri('sign-out', uri);
  if (redirectUris.length + signOutUris.length > MOST_URIS) {
    throw invalidField('redirect', `there are more than ${MOST_URIS} addresses`);
  }
}

/** Codes go to these addresses: in clear only on this machine, and never to a pattern (RFC 9700, 2.1). */
function checkUri(field: string, uri: string): void {
  if (!URL.canParse(uri) || uri.length > LONGEST_URI) throw invalidField(field, `${uri}: is no address`);
  const problem = problemOf(new URL(uri), uri);
  if (problem !== null) throw invalidField(field, `${uri}: ${problem}`);
}

function problemOf(url: URL, uri: string): string | null {
  if (!isSafe(url)) return 'must start with https:// (http:// only for this machine)';
  if (url.username + url.password !== '') return 'must not hold a user name';
  if (/[#*]/.test(uri)) return 'must be the whole address, without * and #';
  // What browsers would read differently is not exact.
  return [uri, `${uri}/`].includes(url.href) ? null : `write it as ${url.href}`;
}

function isSafe({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname.replace(/^\[|\]$/g, '')));
}

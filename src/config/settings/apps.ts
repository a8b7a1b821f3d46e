import { list, seconds } from '../setting.js';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Redirects to an address that belongs to the app, which only https proves (RFC 8252, 7.2). */
function claimedRedirects(entries: string[]): readonly string[] {
  for (const entry of entries) {
    if (!isClaimed(entry)) throw new Error('must hold https addresses without user name and fragment');
  }
  return entries;
}

function isClaimed(entry: string): boolean {
  if (!URL.canParse(entry)) return false;
  const url = new URL(entry);
  return url.protocol === 'https:' && url.username === '' && url.hash === '';
}

/** Apps and sites that sign people in through OAuth and OpenID Connect. */
export const apps = {
  accessTokenTtl: seconds(
    'ACCESS_TOKEN_TTL_SECONDS',
    15 * MINUTE,
    'Life of an access token of an app (S-12). The app fetches a new one with its refresh token.',
  ),
  appIdleTtl: seconds(
    'APP_IDLE_TTL_SECONDS',
    60 * DAY,
    'An app or site that was not used for so long must be let in again (S-12).',
  ),
  appTtl: seconds(
    'APP_TTL_SECONDS',
    365 * DAY,
    'An app or site must be let in again after this time (S-12).',
  ),
  refreshGrace: seconds(
    'REFRESH_GRACE_SECONDS',
    MINUTE,
    'For so long a refresh token that was just used returns the same successor, because answers get lost (S-12). Used later, it signs the app out.',
  ),
  appRedirectUris: list(
    'APP_REDIRECT_URIS',
    claimedRedirects,
    'Addresses (https, exact) at which native apps of this broker may receive a sign-in, beside loopback. Whoever controls such an address can sign people in.',
  ),
  signingKeyOverlap: seconds(
    'SIGNING_KEY_OVERLAP_SECONDS',
    DAY,
    'A new signing key is published for so long before it signs, and an old one is kept for so long after its last token ended (S-55). At least half an hour: sites may keep the list of keys for a quarter, and nodes look every five minutes.',
  ),
  signingKeyMaxAge: seconds(
    'SIGNING_KEY_MAX_AGE_SECONDS',
    90 * DAY,
    'When the signing keys are older, one of the nodes makes new ones (S-55).',
  ),
};

import { limit, oneOf, seconds } from '../setting.js';

/** Sizes of what comes in (S-120) and how often callers may do what. */
export const limits = {
  limits: oneOf(
    'LIMITS',
    ['on', 'off'],
    'off lifts the LIMIT_ settings that count requests, tries and invitations, for trials and load tests. Danger: PINs can be guessed and addresses collected; refused unless HOST is loopback.',
  ),
  bodyBytes: limit('LIMIT_BODY_BYTES', 16_384, 'Largest request body (S-120).'),
  urlBytes: limit('LIMIT_URL_BYTES', 2_048, 'Longest request URL (S-120).'),
  headerBytes: limit('LIMIT_HEADER_BYTES', 8_192, 'Largest request header block (S-120).'),
  lookupsServerHour: limit(
    'LIMIT_LOOKUPS_PER_SERVER_HOUR',
    30,
    'Account look-ups per server and hour (S-33).',
  ),
  lookupsServerDay: limit('LIMIT_LOOKUPS_PER_SERVER_DAY', 200, 'Account look-ups per server and day (S-33).'),
  lookupsNewServerDay: limit(
    'LIMIT_LOOKUPS_PER_NEW_SERVER_DAY',
    10,
    'Account look-ups per day for a server that is younger than a day or has no accepted link (S-33).',
  ),
  lookupsNetworkHour: limit(
    'LIMIT_LOOKUPS_PER_NETWORK_HOUR',
    60,
    'Account look-ups per network and hour (S-33).',
  ),
  pinsCreatedMinute: limit('LIMIT_PINS_PER_NETWORK_MINUTE', 10, 'PINs made per network and minute (S-25).'),
  pinsLive: limit('LIMIT_PINS_LIVE_PER_NETWORK', 20, 'PINs alive at once per network (S-25).'),
  pinPollsMinute: limit(
    'LIMIT_PIN_POLLS_PER_MINUTE',
    90,
    'Polls per PIN and minute. Some apps ask every second and take any refusal as expiry, so keep it above 60.',
  ),
  pinWrongAccount: limit(
    'LIMIT_WRONG_PINS_PER_ACCOUNT_10_MINUTES',
    5,
    'Wrong PINs typed per account in ten minutes (S-43).',
  ),
  pinWrongAccountDay: limit(
    'LIMIT_WRONG_PINS_PER_ACCOUNT_DAY',
    30,
    'Wrong PINs typed per account and day (S-43).',
  ),
  pinWrongNetworkHour: limit(
    'LIMIT_WRONG_PINS_PER_NETWORK_HOUR',
    30,
    'Wrong PINs per network and hour (S-43).',
  ),
  pinWrongMinute: limit(
    'LIMIT_WRONG_PINS_MINUTE',
    60,
    'Wrong PINs of the whole broker per minute; more of them, and for a while the password has to be given before a PIN can be typed (S-43).',
  ),
  pinGuardTtl: seconds('PIN_GUARD_TTL_SECONDS', 600, 'How long that while is (S-43).'),
  invitesRecipientDay: limit(
    'LIMIT_INVITES_PER_RECIPIENT_DAY',
    1,
    'Invitation mails per address and day (S-92).',
  ),
  invitesRecipientMonth: limit(
    'LIMIT_INVITES_PER_RECIPIENT_30_DAYS',
    3,
    'Invitation mails per address in thirty days (S-92).',
  ),
  invitesServerHour: limit(
    'LIMIT_INVITES_PER_SERVER_HOUR',
    5,
    'Invitation mails per server and hour, and per network (S-92).',
  ),
  invitesServerDay: limit(
    'LIMIT_INVITES_PER_SERVER_DAY',
    20,
    'Invitation mails per server and day, and per network (S-92).',
  ),
  invitesHour: limit(
    'LIMIT_INVITES_HOUR',
    200,
    'Invitation mails of the whole broker per hour; further ones are not sent (S-92).',
  ),
  linkMailsAccountDay: limit(
    'LIMIT_LINK_MAILS_PER_ACCOUNT_DAY',
    10,
    'Mails per account and day about links that wait for an answer (W9); further links wait without a mail.',
  ),
  signInPair: limit(
    'LIMIT_SIGN_IN_FAILURES_PER_ACCOUNT_AND_NETWORK',
    5,
    'Wrong passwords per account and network in 15 minutes; after that one try after 30 s, doubling to 15 minutes (S-21).',
  ),
  signInNetwork: limit(
    'LIMIT_SIGN_INS_PER_NETWORK_15_MINUTES',
    20,
    'Sign-in tries per network in 15 minutes, over all accounts never used from there (S-21).',
  ),
  signInNetworkDay: limit('LIMIT_SIGN_INS_PER_NETWORK_DAY', 100, 'The same per day (S-21).'),
  signInKnownHour: limit(
    'LIMIT_SIGN_INS_PER_KNOWN_NETWORK_HOUR',
    10,
    'Wrong passwords per hour for an account from a network it was used from in the last 30 days, and from each browser or device that is known for it (S-22).',
  ),
  signInFailuresAccount: limit(
    'LIMIT_SIGN_IN_FAILURES_PER_ACCOUNT',
    100,
    'Wrong passwords in a row for an account from unknown networks; then those are refused until a success from a known one or the mailed link is used (S-22).',
  ),
  accountMailsHour: limit(
    'LIMIT_ACCOUNT_MAILS_HOUR',
    3,
    'Reset and confirmation mails per account and hour (S-25).',
  ),
  accountMailsDay: limit('LIMIT_ACCOUNT_MAILS_DAY', 10, 'The same per day (S-25).'),
  accountMailsNetworkHour: limit(
    'LIMIT_ACCOUNT_MAILS_PER_NETWORK_HOUR',
    10,
    'The same per network and hour (S-25).',
  ),
  signUpsNetworkHour: limit('LIMIT_SIGN_UPS_PER_NETWORK_HOUR', 3, 'Sign-ups per network and hour (S-25).'),
  signUpsNetworkDay: limit('LIMIT_SIGN_UPS_PER_NETWORK_DAY', 10, 'The same per day (S-25).'),
  serverRegistrationsHour: limit(
    'LIMIT_SERVER_REGISTRATIONS_PER_NETWORK_HOUR',
    3,
    'New server registrations per network and hour (S-25).',
  ),
  serverRegistrationsDay: limit('LIMIT_SERVER_REGISTRATIONS_PER_NETWORK_DAY', 10, 'The same per day (S-25).'),
  serverUpdatesHour: limit('LIMIT_SERVER_UPDATES_PER_HOUR', 120, 'Updates per server and hour (S-25).'),
  listsHour: limit('LIMIT_LISTS_PER_HOUR', 1_200, 'List calls per device or server and hour (S-25).'),
  anonymousMinute: limit(
    'LIMIT_ANONYMOUS_REQUESTS_PER_NETWORK_MINUTE',
    300,
    'Requests without a credential, or with an unknown one, per network and minute; those that end something are counted apart, up to as many (S-25).',
  ),
  connections: limit('LIMIT_CONNECTIONS', 10_000, 'Open connections in all (S-83).'),
  connectionsNetwork: limit(
    'LIMIT_CONNECTIONS_PER_NETWORK',
    100,
    'Open connections per network; trusted proxies are exempt (S-83).',
  ),
  userNameProbesHour: limit(
    'LIMIT_USER_NAME_PROBES_PER_NETWORK_HOUR',
    10,
    'How often a network is told in an hour that a user name is taken (S-31).',
  ),
};

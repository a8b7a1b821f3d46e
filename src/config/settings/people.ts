import { availableParallelism } from 'node:os';
import { CidrSet } from '../../shared/network.js';
import { flag, limit, list, oneOf, seconds, whole } from '../setting.js';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Passwords and accounts. */
export const accounts = {
  signUp: oneOf(
    'SIGN_UP',
    ['open', 'invite', 'closed'],
    'Who may open an account: everybody, people with an invitation mail, nobody.',
  ),
  legacyMd5Login: flag(
    'LEGACY_MD5_LOGIN',
    false,
    'Accept the MD5 password variant of clients from before 2016-10 (S-06). Danger: MD5 hashes leaked elsewhere become usable as passwords here. Works for passwords set while it is true.',
  ),
  legacyQueryPasswords: flag(
    'LEGACY_QUERY_PASSWORDS',
    true,
    'Accept a password in the query of POST /service/user/authenticate, as the oldest PIN page sends it (W13). The broker never logs a query, but a proxy in front of it may: set false if no such client is used.',
  ),
  passwordMinLength: whole(
    {
      name: 'LIMIT_PASSWORD_MIN_LENGTH',
      fallback: '12',
      meaning:
        'Shortest accepted password in characters (S-01; NIST SP 800-63B-4 asks for 15 where it is the only factor).',
    },
    8,
    256,
  ),
  passwordMemoryKib: whole(
    {
      name: 'PASSWORD_MEMORY_KIB',
      fallback: '19456',
      meaning: 'Argon2id memory per hash in KiB (S-03); 65536 is recommended where the machine allows.',
    },
    19_456,
    4_194_304,
  ),
  passwordIterations: whole(
    {
      name: 'PASSWORD_ITERATIONS',
      fallback: '2',
      meaning: 'Argon2id passes (S-03); 3 is recommended where the machine allows.',
    },
    2,
    100,
  ),
  passwordPepper: flag(
    'PASSWORD_PEPPER',
    true,
    'Mix a key from the key ring into new password hashes (S-03): a stolen database alone cannot be attacked. Danger: passwords die with the key ring.',
  ),
  hashConcurrency: whole(
    {
      name: 'LIMIT_HASH_CONCURRENCY',
      fallback: String(Math.min(availableParallelism(), 4)),
      fallbackInWords: 'the number of cores, at most 4',
      meaning: 'Password hashes computed at the same time (S-04).',
    },
    1,
    64,
  ),
  hashQueue: limit(
    'LIMIT_HASH_QUEUE',
    64,
    'Password hashes that may wait; beyond that the answer is 503 (S-04).',
  ),
  verificationTtl: seconds('VERIFICATION_TTL_SECONDS', DAY, 'Life of a confirm-your-address link (S-37).'),
  resetTtl: seconds('RESET_TTL_SECONDS', 60 * MINUTE, 'Life of a set-a-new-password link (S-36).'),
  addressRevertTtl: seconds(
    'ADDRESS_REVERT_TTL_SECONDS',
    7 * DAY,
    'How long the old address can take a change of address back, and is kept from others (S-39).',
  ),
  sessionIdleTtl: seconds(
    'SESSION_IDLE_TTL_SECONDS',
    60 * MINUTE,
    'A browser that was idle for so long must sign in again (S-10).',
  ),
  sessionTtl: seconds(
    'SESSION_TTL_SECONDS',
    12 * HOUR,
    'A browser must sign in again after this time in any case (S-10).',
  ),
  staySignedInIdleTtl: seconds(
    'STAY_SIGNED_IN_IDLE_TTL_SECONDS',
    14 * DAY,
    'The same idle time with "stay signed in" (S-10).',
  ),
  staySignedInTtl: seconds(
    'STAY_SIGNED_IN_TTL_SECONDS',
    30 * DAY,
    'The same total time with "stay signed in" (S-10; the ceiling of NIST AAL1).',
  ),
  reauthenticationTtl: seconds(
    'REAUTHENTICATION_TTL_SECONDS',
    5 * MINUTE,
    'After typing the password, so long dangerous changes do not ask for it again (S-09).',
  ),
  knownBrowserTtl: seconds(
    'KNOWN_BROWSER_TTL_SECONDS',
    365 * DAY,
    'After signing in, so long a browser is recognised by a cookie when a password is typed: tries from elsewhere never keep its owner out (S-22).',
  ),
  knownBrowsersPerAccount: limit(
    'LIMIT_KNOWN_BROWSERS_PER_ACCOUNT',
    20,
    'Browsers that are recognised per account; one more and the one used longest ago is forgotten (S-22).',
  ),
  unverifiedTtl: seconds(
    'UNVERIFIED_ACCOUNT_TTL_SECONDS',
    7 * DAY,
    'An account whose address was never confirmed is deleted after this time (S-37).',
  ),
  deviceTokenIdleTtl: seconds(
    'DEVICE_TOKEN_IDLE_TTL_SECONDS',
    90 * DAY,
    'A device that was not heard from for so long must sign in again (S-11).',
  ),
  deviceTokenTtl: seconds(
    'DEVICE_TOKEN_TTL_SECONDS',
    365 * DAY,
    'A device must sign in again after this time in any case (S-11).',
  ),
  browsersPerAccount: limit(
    'LIMIT_BROWSERS_PER_ACCOUNT',
    100,
    'Signed-in browsers per account; one more ends the one idle longest.',
  ),
  devicesPerAccount: limit(
    'LIMIT_DEVICES_PER_ACCOUNT',
    100,
    'Signed-in devices per account; one more ends the one idle longest (S-15).',
  ),
};

/** Servers and links. */
export const links = {
  addressAllow: list(
    'ADDRESS_ALLOW',
    (entries) => CidrSet.parse(entries),
    'CIDRs accepted in the addresses of servers although they are refused by default (loopback, documentation, reserved ranges: S-73). 127.0.0.0/8 to try everything on one machine. Danger: devices are sent to these addresses.',
  ),
  serversPerAccount: limit(
    'LIMIT_SERVERS_PER_ACCOUNT',
    200,
    'Links (waiting or accepted) per account; the next is refused with 409 (S-122). Raising it makes answers larger than 256 KiB possible.',
  ),
  linksPerServer: limit(
    'LIMIT_LINKS_PER_SERVER',
    500,
    'Links per server; the next is refused with 409 (S-122). Lists are never paged.',
  ),
  linkWaitingTtl: seconds(
    'LINK_WAITING_TTL_SECONDS',
    30 * DAY,
    'A link that was not answered is gone after this time (S-63).',
  ),
  invitationTtl: seconds('INVITATION_TTL_SECONDS', 7 * DAY, 'Life of an invitation to sign up (S-94).'),
  invitationLookupTtl: seconds(
    'INVITATION_LOOKUP_TTL_SECONDS',
    10 * MINUTE,
    'An invitation by mail counts only if a registered server looked the address up from the same network within this time (W8).',
  ),
  pinTtl: seconds('PIN_TTL_SECONDS', 10 * MINUTE, 'Life of a PIN (S-40).'),
};

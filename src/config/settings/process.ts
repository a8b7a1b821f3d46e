import { CidrSet } from '../../shared/network.js';
import { flag, limit, list, oneOf, seconds, secretText, secretUrl, text, whole } from '../setting.js';

const DAY = 86_400;

const trustedProxies = (entries: string[]): CidrSet => {
  const set = CidrSet.parse(entries);
  if (set.coversEverything)
    throw new Error('would trust everybody: name the networks of your own proxies (S-80)');
  return set;
};

/** Where the broker listens and what it is called. */
export const listening = {
  host: text(
    'HOST',
    '127.0.0.1',
    'Address of the public listener. 0.0.0.0 or :: opens it to the network: put a TLS proxy in front.',
  ),
  port: whole(
    { name: 'PORT', fallback: '8095', meaning: 'Port of the public listener; 0 takes a free one.' },
    0,
    65_535,
  ),
  publicUrl: text(
    'PUBLIC_URL',
    '',
    'The only origin ever put into a mail or a page. Empty: http://localhost:$PORT.',
  ),
  opsHost: text(
    'OPS_HOST',
    '127.0.0.1',
    'Address of the listener for /metrics and /health/*. Keep it off the internet.',
  ),
  opsPort: whole(
    { name: 'OPS_PORT', fallback: '9095', meaning: 'Port of that listener; 0 takes a free one.' },
    0,
    65_535,
  ),
  trustProxy: list(
    'TRUST_PROXY',
    trustedProxies,
    'CIDRs of your own proxies, comma-separated: only their X-Forwarded-For counts. Naming others lets callers invent their address.',
  ),
  allowedHosts: list(
    'ALLOWED_HOSTS',
    (entries) => entries.map((entry) => entry.toLowerCase()),
    'Further names under which the pages answer, comma-separated; PUBLIC_URL, localhost and plain addresses always do (S-35).',
  ),
  allowPlaintext: flag(
    'ALLOW_PLAINTEXT',
    false,
    'Serve plain http to other machines, and speak to a database or a Redis elsewhere without TLS (S-82). Danger: passwords and keys can be read on the way. For networks where you trust every device.',
  ),
  logLevel: oneOf(
    'LOG_LEVEL',
    ['info', 'debug', 'trace', 'warn', 'error', 'silent'],
    'Least important level that is logged (JSON lines on stdout).',
  ),
  drainDelay: seconds(
    'DRAIN_DELAY_SECONDS',
    5,
    'After SIGTERM the broker reports not-ready but keeps serving for so long, that a load balancer may notice (R-30).',
  ),
  drainTimeout: seconds(
    'DRAIN_TIMEOUT_SECONDS',
    20,
    'After that delay, requests in flight may take so long before they are cut (R-30).',
  ),
};

/** Where the broker keeps what it must not lose. */
export const storage = {
  dataDir: text('DATA_DIR', './data', 'Folder of the SQLite file and the key ring; made on first start.'),
  keyRingFile: text(
    'KEY_RING_FILE',
    '',
    'Key ring: the keys that encrypt link keys, mails and signing keys, and the pepper of passwords. Empty: $DATA_DIR/keyring.json, made with mode 0600 on first start. Back it up apart from the database: without it passwords and link keys are lost; with it a stolen database is readable. Every node of a scaled broker needs the same one.',
  ),
  databaseUrl: secretUrl(
    'DATABASE_URL',
    ['postgres:', 'postgresql:'],
    'PostgreSQL (postgres://user:password@host/database), one host, which always leads to the primary. Empty: SQLite in DATA_DIR.',
  ),
  databaseStandby: oneOf(
    'DATABASE_STANDBY',
    ['asynchronous', 'synchronous'],
    'What may take over from the primary of DATABASE_URL. asynchronous: any standby. The last changes may be lost with it, so media servers and devices are then told to come back later until `signpost restore accept` (R-13). synchronous: only one that has every commit that was acknowledged (synchronous_standby_names, and a failover manager that promotes no other). Nobody is held off then. Danger: if that is not so, guests are deleted at media servers, and what was revoked comes back.',
  ),
  redisUrl: secretUrl(
    'REDIS_URL',
    ['redis:', 'rediss:'],
    'Redis for several nodes (redis://user:password@host:6379/0, with TLS rediss://), which needs DATABASE_URL. Limits are counted there and changes told; nothing is lost with it. Set its maxmemory-policy to noeviction.',
  ),
  nodes: whole(
    {
      name: 'NODES',
      fallback: '3',
      meaning:
        'How many nodes of this broker run at most. With REDIS_URL each sends its share of LIMIT_MAILS_PER_SECOND, and allows its share of every limit while Redis is away (S-27); without REDIS_URL there is one node.',
    },
    1,
    100,
  ),
};

/** Backups, and what the broker answers after one was restored. */
export const backups = {
  backupPassphrase: secretText(
    'BACKUP_PASSPHRASE',
    16,
    'With it every backup is encrypted (AES-256-GCM, scrypt), and restoring one asks for the same. Make it by `openssl rand -base64 32` and keep a copy apart from the backups: without it they cannot be opened.',
  ),
  restoreGrace: seconds(
    'RESTORE_GRACE_SECONDS',
    7 * DAY,
    'After a restored backup was accepted, media servers that it does not know are told for so long to come back later, instead of that they are not registered: that would make them remove their guests (R-33).',
  ),
};

/** What makes answers fast. */
export const speed = {
  listsMemory: whole(
    {
      name: 'LISTS_MEMORY_MB',
      fallback: '96',
      meaning:
        'Memory for server lists: about 0.3 KB for a list of three servers, and 5 KB once it is asked for again and again; those not asked for lately go first. 0 reads the database each time. Link keys are in there in clear: do not hand out memory dumps of the process.',
    },
    0,
    65_536,
  ),
  listsReadAhead: flag(
    'LISTS_READ_AHEAD',
    true,
    'Reads lists after the start until a quarter of LISTS_MEMORY_MB is full, while there is little else to do. Everybody who comes back then is answered sooner.',
  ),
  overloadDelay: whole(
    {
      name: 'OVERLOAD_DELAY_MS',
      fallback: '200',
      meaning:
        'A request that has waited longer than this for its turn is refused with 503 where waiting does not end, four times as long in a burst. The least important wait longest: look-ups, then registration, sign-in, updates of servers, device lists; health checks and what takes a right away are never refused (R-42). 0: nobody waits in line, and nobody is refused.',
    },
    0,
    10_000,
  ),
};

/** How mail leaves. */
export const mail = {
  smtpUrl: secretUrl(
    'SMTP_URL',
    ['smtp:', 'smtps:'],
    'Mail server (smtp://user:password@host:587). Empty: mail is kept in the outbox, and a broker whose HOST is loopback prints it to the log.',
  ),
  mailFrom: text('MAIL_FROM', 'Signpost <signpost@localhost>', 'Sender of every mail.'),
  mailTtl: seconds(
    'MAIL_TTL_SECONDS',
    DAY,
    'A mail that cannot be delivered is given up after this time (R-21).',
  ),
  mailRate: limit('LIMIT_MAILS_PER_SECOND', 5, 'Mails handed to the mail server per second at most (R-22).'),
};

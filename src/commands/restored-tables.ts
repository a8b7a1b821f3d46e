/**
 * What becomes of each table of a backup when it is restored (docs/adr/0024-what-a-restore-brings-back.md).
 *
 * `always`: it comes back. `when-nothing-happened`: only with --keep-sign-ins, which is for a broker that did not run
 * since; else what was ended or used up since the backup would be alive again.
 *
 * A table that is not listed comes back; a test asks for a decision on every table.
 */
export const RESTORED: Readonly<Record<string, 'always' | 'when-nothing-happened'>> = {
  key_canaries: 'always',
  // Sites know them; if they are old by now, the broker rotates when it starts.
  signing_keys: 'always',
  restores: 'always',
  // Of the database that the backup was made on.
  database_epochs: 'when-nothing-happened',
  accounts: 'always',
  issued_account_ids: 'always',
  held_addresses: 'always',
  known_networks: 'always',
  // A browser that was forgotten since would be known again.
  known_browsers: 'when-nothing-happened',
  servers: 'always',
  links: 'always',
  blocked_servers: 'always',
  missed_lookups: 'always',
  invitations: 'always',
  mail_refusals: 'always',
  mail_stops: 'always',
  audit_events: 'always',
  oauth_clients: 'always',
  account_tokens: 'when-nothing-happened',
  device_tokens: 'when-nothing-happened',
  web_sessions: 'when-nothing-happened',
  pins: 'when-nothing-happened',
  app_sign_ins: 'when-nothing-happened',
  oauth_artifacts: 'when-nothing-happened',
  // Most of these mails were sent since, and the links in the others are dead.
  outbox: 'when-nothing-happened',
};

export function isRestored(table: string, keepSignIns: boolean): boolean {
  return keepSignIns || RESTORED[table] !== 'when-nothing-happened';
}

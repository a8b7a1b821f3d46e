/** What belongs together is there together: statements, on either database, each of which must find nothing. */

/** @type {Readonly<Record<string, string>>} */
export const HALVES = {
  'account without its confirmation token': `SELECT a.id FROM accounts a WHERE a.state = 'unverified'
    AND (SELECT count(*) FROM account_tokens t WHERE t.account_id = a.id) <> 1`,
  'account without its mail': `SELECT a.id FROM accounts a WHERE a.state = 'unverified'
    AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.recipient_key = a.email_key AND o.kind = 'confirm-address')`,
  'mail without its account': `SELECT o.id FROM outbox o WHERE o.kind = 'confirm-address'
    AND NOT EXISTS (SELECT 1 FROM accounts a WHERE o.recipient_key = a.email_key)`,
  'account whose id was not claimed': `SELECT a.id FROM accounts a WHERE NOT EXISTS
    (SELECT 1 FROM issued_account_ids i WHERE i.id = a.id)`,
  'id that was claimed for nobody': `SELECT i.id FROM issued_account_ids i WHERE NOT EXISTS
    (SELECT 1 FROM accounts a WHERE i.id = a.id)`,
  'link that lives without its key, or keeps it after its end': `SELECT id FROM links
    WHERE (sealed_key IS NULL) <> (ended_at IS NOT NULL)`,
  'PIN that was exchanged for no device': `SELECT p.id FROM pins p WHERE p.state = 'exchanged'
    AND NOT EXISTS (SELECT 1 FROM device_tokens d WHERE d.name = p.device_id)`,
  'device that got in by a PIN that still works': `SELECT p.id FROM pins p WHERE p.state <> 'exchanged'
    AND EXISTS (SELECT 1 FROM device_tokens d WHERE d.name = p.device_id)`,
};

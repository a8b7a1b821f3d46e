import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { belongsTo, count, flag, index, instant, nullable, primary, text, unique } from './columns.js';

const keyCanaries = new Table({
  name: 'key_canaries',
  columns: [primary(text('key_id', 32), 'key_canaries_pk'), text('use', 16), text('value', 64)],
});

const accounts = new Table({
  name: 'accounts',
  columns: [
    primary(text('id', 16), 'accounts_pk'),
    text('user_name', 64),
    text('user_name_key', 64),
    text('user_name_skeleton', 128),
    text('email', 254),
    text('email_key', 254),
    text('state', 16),
    text('role', 16),
    text('password_hash', 512),
    nullable(text('legacy_hash', 512)),
    instant('created_at'),
    nullable(instant('verified_at')),
    count('failed_sign_ins'),
    flag('findable_by_name'),
    flag('findable_by_email'),
  ],
  indices: [
    unique('accounts_user_name_key', ['user_name_key']),
    unique('accounts_user_name_skeleton', ['user_name_skeleton']),
    unique('accounts_email_key', ['email_key']),
    index('accounts_state_created_at', ['state', 'created_at']),
    index('accounts_role', ['role']),
  ],
});

const issuedAccountIds = new Table({
  name: 'issued_account_ids',
  columns: [primary(text('id', 16), 'issued_account_ids_pk')],
});

const accountTokens = new Table({
  name: 'account_tokens',
  columns: [
    primary(text('digest', 64), 'account_tokens_pk'),
    text('account_id', 16),
    text('purpose', 32),
    nullable(text('email', 254)),
    instant('expires_at'),
    nullable(instant('used_at')),
  ],
  indices: [
    index('account_tokens_account_id', ['account_id']),
    index('account_tokens_expires_at', ['expires_at']),
  ],
  foreignKeys: [belongsTo('accounts', 'account_id', 'account_tokens_account')],
});

const deviceTokens = new Table({
  name: 'device_tokens',
  columns: [
    primary(text('id', 32), 'device_tokens_pk'),
    text('digest', 64),
    text('account_id', 16),
    text('app', 128),
    text('name', 128),
    text('network', 64),
    instant('created_at'),
    instant('last_used_at'),
  ],
  indices: [unique('device_tokens_digest', ['digest']), index('device_tokens_account_id', ['account_id'])],
  foreignKeys: [belongsTo('accounts', 'account_id', 'device_tokens_account')],
});

const servers = new Table({
  name: 'servers',
  columns: [
    primary(text('id', 32), 'servers_pk'),
    text('key_digest', 64),
    text('key_prefix', 8),
    text('system_id', 64),
    text('name', 128),
    text('url', 512),
    text('local_address', 512),
    text('network', 64),
    instant('created_at'),
    instant('heard_at'),
  ],
  indices: [unique('servers_key_digest', ['key_digest']), index('servers_system_id', ['system_id'])],
});

const links = new Table({
  name: 'links',
  columns: [
    primary(text('id', 32), 'links_pk'),
    text('server_id', 32),
    text('account_id', 16),
    text('kind', 8),
    text('state', 16),
    nullable(text('sealed_key', 512)),
    text('key_mac', 64),
    nullable(text('requester', 64)),
    nullable(text('answer_digest', 64)),
    instant('created_at'),
    nullable(instant('accepted_at')),
    nullable(instant('expires_at')),
    nullable(instant('ended_at')),
  ],
  indices: [
    unique('links_live', ['server_id', 'account_id'], 'ended_at IS NULL'),
    unique('links_key_mac', ['server_id', 'key_mac']),
    unique('links_answer_digest', ['answer_digest']),
    index('links_account_id', ['account_id']),
    index('links_expires_at', ['expires_at']),
  ],
  foreignKeys: [
    belongsTo('servers', 'server_id', 'links_server'),
    belongsTo('accounts', 'account_id', 'links_account'),
  ],
});

const missedLookups = new Table({
  name: 'missed_lookups',
  columns: [
    primary(text('id', 32), 'missed_lookups_pk'),
    text('email_key', 254),
    text('network', 64),
    text('server_id', 32),
    instant('at'),
  ],
  indices: [index('missed_lookups_email_key', ['email_key', 'network']), index('missed_lookups_at', ['at'])],
  foreignKeys: [belongsTo('servers', 'server_id', 'missed_lookups_server')],
});

const invitations = new Table({
  name: 'invitations',
  columns: [
    primary(text('id', 32), 'invitations_pk'),
    text('digest', 64),
    text('email', 254),
    text('email_key', 254),
    text('server_id', 32),
    text('network', 64),
    nullable(text('requester', 64)),
    instant('created_at'),
    instant('expires_at'),
    nullable(instant('used_at')),
  ],
  indices: [
    unique('invitations_digest', ['digest']),
    index('invitations_email_key', ['email_key', 'created_at']),
    index('invitations_server_id', ['server_id', 'created_at']),
    index('invitations_network', ['network', 'created_at']),
  ],
  foreignKeys: [belongsTo('servers', 'server_id', 'invitations_server')],
});

const pins = new Table({
  name: 'pins',
  columns: [
    primary(text('id', 32), 'pins_pk'),
    text('code_mac', 64),
    text('handle_digest', 64),
    text('device_id', 256),
    text('app', 128),
    text('network', 64),
    text('state', 16),
    nullable(text('account_id', 16)),
    instant('created_at'),
    instant('expires_at'),
  ],
  indices: [
    unique('pins_code_mac', ['code_mac']),
    index('pins_network', ['network', 'expires_at']),
    index('pins_expires_at', ['expires_at']),
  ],
  foreignKeys: [belongsTo('accounts', 'account_id', 'pins_account')],
});

const outbox = new Table({
  name: 'outbox',
  columns: [
    primary(text('id', 32), 'outbox_pk'),
    text('kind', 32),
    text('recipient_key', 254),
    { name: 'sealed', type: 'text', isNullable: true },
    text('state', 16),
    count('attempts'),
    instant('created_at'),
    instant('due_at'),
    instant('expires_at'),
    nullable(instant('ended_at')),
    nullable(text('last_problem', 255)),
  ],
  indices: [
    index('outbox_state', ['state', 'due_at']),
    index('outbox_recipient', ['recipient_key', 'kind', 'created_at']),
    index('outbox_ended_at', ['ended_at']),
  ],
});

const mailRefusals = new Table({
  name: 'mail_refusals',
  columns: [
    primary(text('recipient_key', 254), 'mail_refusals_pk'),
    count('permanent_failures'),
    instant('last_at'),
  ],
});

const tables = [
  keyCanaries,
  accounts,
  issuedAccountIds,
  accountTokens,
  deviceTokens,
  servers,
  links,
  missedLookups,
  invitations,
  pins,
  outbox,
  mailRefusals,
];

/** Everything the main job needs: accounts, devices, servers, links, PINs, mail. */
export class FirstTables1795305600000 implements MigrationInterface {
  readonly name = 'FirstTables1795305600000';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of tables) await runner.createTable(table);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [...tables].reverse()) await runner.dropTable(table.name);
  }
}

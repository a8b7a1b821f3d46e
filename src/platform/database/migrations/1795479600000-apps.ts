import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { belongsTo, index, instant, longText, nullable, primary, text, unique } from './columns.js';

const clients = new Table({
  name: 'oauth_clients',
  columns: [
    primary(text('id', 64), 'oauth_clients_pk'),
    text('name', 64),
    text('secret_digest', 64),
    longText('redirect_uris'),
    longText('sign_out_uris'),
    instant('created_at'),
  ],
});

const signIns = new Table({
  name: 'app_sign_ins',
  columns: [
    primary(text('id', 32), 'app_sign_ins_pk'),
    text('account_id', 16),
    text('client_id', 64),
    text('app_name', 128),
    text('device_name', 128),
    text('network', 64),
    text('scopes', 255),
    instant('created_at'),
    instant('last_used_at'),
  ],
  indices: [
    index('app_sign_ins_account_id', ['account_id', 'last_used_at']),
    index('app_sign_ins_client_id', ['client_id']),
    index('app_sign_ins_last_used_at', ['last_used_at']),
    index('app_sign_ins_created_at', ['created_at']),
  ],
  foreignKeys: [belongsTo('accounts', 'account_id', 'app_sign_ins_account')],
});

const artifacts = new Table({
  name: 'oauth_artifacts',
  columns: [
    primary(text('digest', 64), 'oauth_artifacts_pk'),
    text('kind', 32),
    nullable(text('sign_in_id', 32)),
    nullable(text('account_id', 16)),
    nullable(text('user_code_mac', 64)),
    nullable(text('uid_digest', 64)),
    longText('sealed'),
    nullable(instant('consumed_at')),
    instant('expires_at'),
  ],
  indices: [
    index('oauth_artifacts_sign_in_id', ['sign_in_id']),
    index('oauth_artifacts_account_id', ['account_id']),
    unique('oauth_artifacts_user_code_mac', ['user_code_mac']),
    index('oauth_artifacts_uid_digest', ['uid_digest']),
    index('oauth_artifacts_expires_at', ['expires_at']),
  ],
  foreignKeys: [
    belongsTo('app_sign_ins', 'sign_in_id', 'oauth_artifacts_sign_in'),
    belongsTo('accounts', 'account_id', 'oauth_artifacts_account'),
  ],
});

const tables = [clients, signIns, artifacts];

/** Apps and sites that people let in: clients, sign-ins, and what the authorization server keeps between requests. */
export class Apps1795479600000 implements MigrationInterface {
  readonly name = 'Apps1795479600000';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of tables) await runner.createTable(table);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [...tables].reverse()) await runner.dropTable(table.name);
  }
}

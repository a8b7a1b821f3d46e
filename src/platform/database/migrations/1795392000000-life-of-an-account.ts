import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { belongsTo, flag, index, instant, nullable, primary, text, unique } from './columns.js';

const webSessions = new Table({
  name: 'web_sessions',
  columns: [
    primary(text('id', 32), 'web_sessions_pk'),
    text('digest', 64),
    text('account_id', 16),
    text('browser', 128),
    text('network', 64),
    flag('persistent'),
    instant('created_at'),
    instant('last_used_at'),
    instant('authenticated_at'),
  ],
  indices: [
    unique('web_sessions_digest', ['digest']),
    index('web_sessions_account_id', ['account_id']),
    index('web_sessions_last_used_at', ['last_used_at']),
  ],
  foreignKeys: [belongsTo('accounts', 'account_id', 'web_sessions_account')],
});

const knownNetworks = new Table({
  name: 'known_networks',
  columns: [
    primary(text('account_id', 16), 'known_networks_pk'),
    primary(text('network', 64), 'known_networks_pk'),
    instant('last_success_at'),
  ],
  indices: [index('known_networks_last_success_at', ['last_success_at'])],
  foreignKeys: [belongsTo('accounts', 'account_id', 'known_networks_account')],
});

const heldAddresses = new Table({
  name: 'held_addresses',
  columns: [primary(text('email_key', 254), 'held_addresses_pk'), text('account_id', 16), instant('until')],
  indices: [index('held_addresses_until', ['until'])],
  foreignKeys: [belongsTo('accounts', 'account_id', 'held_addresses_account')],
});

const auditEvents = new Table({
  name: 'audit_events',
  columns: [
    primary(text('id', 32), 'audit_events_pk'),
    instant('at'),
    text('kind', 32),
    text('outcome', 16),
    nullable(text('account_id', 16)),
    nullable(text('server_id', 32)),
    text('network', 64),
    text('request_id', 64),
    text('detail', 255),
  ],
  indices: [
    index('audit_events_account_id', ['account_id', 'at']),
    index('audit_events_server_id', ['server_id', 'at']),
    index('audit_events_at', ['at']),
  ],
});

const blockedServers = new Table({
  name: 'blocked_servers',
  columns: [
    primary(text('account_id', 16), 'blocked_servers_pk'),
    primary(text('server_id', 32), 'blocked_servers_pk'),
    instant('blocked_at'),
  ],
  foreignKeys: [
    belongsTo('accounts', 'account_id', 'blocked_servers_account'),
    belongsTo('servers', 'server_id', 'blocked_servers_server'),
  ],
});

const mailStops = new Table({
  name: 'mail_stops',
  columns: [primary(text('recipient_key', 254), 'mail_stops_pk'), instant('stopped_at')],
});

const tables = [webSessions, knownNetworks, heldAddresses, auditEvents, blockedServers, mailStops];

/** Browsers, known networks, addresses given up, the audit trail, blocked servers. */
export class LifeOfAnAccount1795392000000 implements MigrationInterface {
  readonly name = 'LifeOfAnAccount1795392000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of tables) await runner.createTable(table);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of [...tables].reverse()) await runner.dropTable(table.name);
  }
}

import { beforeAll, describe, expect, test } from '@jest/globals';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../../src/app.factory.js';
import { loadConfig, type Environment } from '../../src/config/index.js';
import { SignInService, type Account } from '../../src/features/accounts/index.js';
import { DiscoveryService } from '../../src/features/discovery/index.js';
import { LinksService } from '../../src/features/links/index.js';
import { ServersService } from '../../src/features/servers/index.js';
import { DevicesService } from '../../src/features/sessions/index.js';
import type { Connections } from '../../src/platform/database/connections.js';
import { CONNECTIONS } from '../../src/platform/database/database.module.js';
import { schemaNames } from '../../src/platform/database/migrations/index.js';
import { FixedClock } from '../support/fixed-clock.js';
import { createDatabase, dropDatabase } from '../support/postgres.js';
import { RecordingLog } from '../support/recording-log.js';
import { changesAt, readChanges, takeMissingChanges, type Store } from '../upgrades/ddl.js';
import { load, readDump, RING, takeMissing, type Dump, type Place } from '../upgrades/dump.js';

beforeAll(async () => {
  if (process.env['TAKE_UPGRADE_DUMPS'] !== 'yes') return;
  await inEmpty('sqlite', (sqlite) =>
    inEmpty('postgres', (postgres) => takeMissingChanges({ sqlite, postgres })),
  );
  await takeMissing();
});

/** An empty database, which is gone afterwards. */
async function inEmpty<T>(store: Store, act: (place: Place) => Promise<T>): Promise<T> {
  if (store === 'postgres') {
    const url = await createDatabase();
    return act({ type: 'postgres', url }).finally(() => dropDatabase(url));
  }
  const folder = mkdtempSync(join(tmpdir(), 'signpost-schema-'));
  const database = join(folder, 'signpost.sqlite');
  return act({ type: 'better-sqlite3', database }).finally(() => rmSync(folder, { recursive: true }));
}

type App = Awaited<ReturnType<typeof createApp>>;

/** Starts today's broker on the database of a dump. */
async function upgraded(
  dump: Dump,
  store: 'sqlite' | 'postgres',
  act: (app: App) => Promise<void>,
): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'signpost-upgrade-'));
  const database = store === 'postgres' ? await createDatabase() : undefined;
  copyFileSync(RING, join(dataDir, 'keyring.json'));
  try {
    const file = join(dataDir, 'signpost.sqlite');
    await load(
      dump,
      database === undefined
        ? { type: 'better-sqlite3', database: file }
        : { type: 'postgres', url: database },
    );
    const settings: Environment = {
      DATA_DIR: dataDir,
      LIMITS: 'off',
      ...(database === undefined ? {} : { DATABASE_URL: database }),
    };
    const app = await createApp(loadConfig(settings), new RecordingLog(), new FixedClock());
    try {
      await act(app);
    } finally {
      await app.close();
    }
  } finally {
    if (database !== undefined) await dropDatabase(database);
    rmSync(dataDir, { recursive: true });
  }
}

/** Without the word of another PostgreSQL, after which the broker would hold. */
function onThisPostgres(dump: Dump): Dump {
  const { database_epochs: _epoch, ...tables } = dump.tables;
  return { ...dump, tables };
}

async function checkRows(app: App, { tables }: Dump): Promise<void> {
  const { writer } = app.get<Connections>(CONNECTIONS);
  for (const [table, { columns, rows }] of Object.entries(tables)) {
    const names = columns.map((name) => `"${name}"`).join(', ');
    const found = await writer.query<Record<string, unknown>[]>(`SELECT ${names} FROM "${table}"`);
    // Numbers as text and flags as numbers: the databases do not agree on them.
    const plain = (cell: unknown): string => String(typeof cell === 'boolean' ? Number(cell) : cell);
    const lines = (all: readonly (readonly unknown[])[]): string[] =>
      all.map((row) => row.map(plain).join('|')).sort();
    expect([table, lines(found.map((row) => columns.map((name) => row[name])))]).toEqual([
      table,
      lines(rows),
    ]);
  }
}

async function checkProofs(app: App, { proofs }: Dump): Promise<void> {
  const device = await app.get(DevicesService).authenticate(proofs.deviceToken, null);
  expect(device?.account.id).toBe(proofs.accountId);
  const usable = await app.get(DiscoveryService).serversFor(device!.account.id);
  expect(usable.map(({ server, key }) => [server.name, key])).toEqual([['Den', proofs.keys.accepted]]);
  const server = await app.get(ServersService).authenticate(proofs.serverKey, '127.0.0.1');
  const links = await app.get(LinksService).ofServer(server!.id);
  expect(links.map(({ link, key }) => [link.state, key]).sort()).toEqual([
    ['accepted', proofs.keys.accepted],
    ['waiting', proofs.keys.waiting],
  ]);
  const proof = { form: 'password', text: proofs.password } as const;
  const origin = { network: '192.0.2.7' };
  const idOf = ({ id }: Account): Promise<string> => Promise.resolve(id);
  const signedIn = await app.get(SignInService).signIn(proofs.userName, proof, origin, idOf);
  expect(signedIn).toBe(proofs.accountId);
}

describe.each(['sqlite', 'postgres'] as const)('on %s today’s version', (store) => {
  const declare = store === 'postgres' && !process.env['TEST_DATABASE_URL'] ? test.skip : test;
  declare.each(schemaNames)(
    'takes over a database of %s: every row, lists that are complete, keys, tokens and passwords',
    async (name) => {
      const dump = readDump(name);
      for (const [table, { rows }] of Object.entries(dump.tables))
        expect([table, rows.length > 0]).toEqual([table, true]);
      const kept = store === 'postgres' ? onThisPostgres(dump) : dump;
      await upgraded(kept, store, async (app) => {
        await checkRows(app, kept);
        await checkProofs(app, kept);
      });
    },
  );
});

describe.each(['sqlite', 'postgres'] as const)('on %s each migration', (store) => {
  const declare = store === 'postgres' && !process.env['TEST_DATABASE_URL'] ? test.skip : test;
  declare(
    'makes of the schema what it made when it was released, whatever else became of its file',
    async () => {
      const changes = await inEmpty(store, changesAt);
      for (const name of schemaNames) {
        expect({ name, changes: changes.get(name) }).toEqual({ name, changes: readChanges(name, store) });
      }
    },
  );
});

test('the key ring of the kept databases is kept with them', () => {
  expect(existsSync(RING)).toBe(true);
});

import type Sqlite from 'better-sqlite3';
import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import { SystemClock } from '../clock/system-clock.js';
import { clocksDiffer, isInDoubt, timeOf } from '../clock/two-clocks.js';
import { FOR_A_CHANGE } from './command-client.js';
import { NO_EPOCHS, WITHOUT_LACKS, type Connections, type Tables } from './connections.js';
import { ofPostgres, ofSqlite } from './look-up.js';
import { requireCurrentSchema } from './migrate.js';
import { PostgresSolitude } from './postgres-solitude.js';
import { NoReserve } from './reserve.js';
import { commandUse, initializePostgres, postgresSource } from './postgres.js';
import { IN_COMPANY, type Solitude } from './solitude.js';
import { openSqliteBeside } from './sqlite-snapshot.js';

/** What was to be done is done by then: a PostgreSQL that stops answering must not keep that from being told. */
const FAREWELL_MS = 1_000;

/** The database of a broker that may be running, for one small change. @throws StartupError */
export async function besideOnSqlite(dataDir: string, tables: Tables): Promise<Connections> {
  const source = await openSqliteBeside(dataDir, tables, prepareWriting);
  // The broker sees commits of others in the file itself (`SqliteSolitude`).
  return connectionsOver('sqlite', source, () => Promise.resolve(IN_COMPANY));
}

/** The same on PostgreSQL. @throws StartupError */
export async function besideOnPostgres(url: string, tables: Tables): Promise<Connections> {
  const use = commandUse('signpost-command', FOR_A_CHANGE);
  const source = await initializePostgres(postgresSource(url, tables, use));
  const announce = async (): Promise<Solitude> => {
    await requireRightClock(source);
    return PostgresSolitude.open(url);
  };
  return connectionsOver('postgres', source, announce);
}

/** What it writes is read by nodes that live by the clock of PostgreSQL: keys would sign too early, or not for weeks. */
async function requireRightClock(source: DataSource): Promise<void> {
  const offMs = new SystemClock().machineNow - (await timeOf(source));
  if (isInDoubt(offMs)) throw clocksDiffer(offMs);
}

/** A command does one thing at a time, so that reading needs no connection of its own. */
async function connectionsOver(
  kind: Connections['kind'],
  source: DataSource,
  announce: () => Promise<Solitude>,
): Promise<Connections> {
  try {
    await requireCurrentSchema(source);
    const solitude = await announce();
    const close = async (): Promise<void> => {
      await Promise.race([source.destroy(), pause(FAREWELL_MS, undefined, { ref: false })]);
      await solitude.close();
    };
    const both = { writer: source, reader: source };
    const prepare = unprepared(kind, source);
    const others = {
      solitude,
      company: null,
      epochs: NO_EPOCHS,
      reserve: new NoReserve(),
      lacks: WITHOUT_LACKS,
    };
    const read: Connections['read'] = (text, values) =>
      source.query(kind === 'sqlite' ? ofSqlite(text) : text, [...values]);
    return { kind, ...both, ...others, prepare, read, close };
  } catch (error) {
    await source.destroy();
    throw error;
  }
}

/** What is asked once need not be prepared. */
function unprepared(kind: Connections['kind'], source: DataSource): Connections['prepare'] {
  const isSqlite = kind === 'sqlite';
  return (text) => async (key) => {
    const own = isSqlite ? ofSqlite(text) : ofPostgres(text);
    const [row] = await source.query<{ found: string }[]>(own, [isSqlite ? key : [key]]);
    return row?.found;
  };
}

function prepareWriting(db: Sqlite.Database): void {
  db.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON');
}

import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import pg, { type ClientBase, type Pool } from 'pg';
import { DataSource } from 'typeorm';
import { StartupError } from '../startup-error.js';
import { commonOptions, NO_EPOCHS, WITHOUT_LACKS, type Connections, type Tables } from './connections.js';
import { CommandClient, sessionOptions, type Patience } from './command-client.js';
import { measurePool } from './database-metrics.js';
import { gathered } from './gathered.js';
import { ofPostgres, type LookUp } from './look-up.js';
import { migrate } from './migrate.js';
import { migrations } from './migrations/index.js';
import { unlessStandbyIsMissing } from './missing-standby.js';
import { fill, giveBack, PoolSize, type PoolOptions } from './pool-size.js';
import {
  CONNECT_TIMEOUT_MS,
  heard,
  ImpatientClient,
  OPENING_TIMEOUT_MS,
  OrderlyClient,
  unusable,
} from './postgres-client.js';
import { PostgresEpochs } from './postgres-epochs.js';
import { lacksOf } from './postgres-fitness.js';
import { PostgresSolitude } from './postgres-solitude.js';
import { NamedSocket } from './remembered-addresses.js';
import { NoReserve } from './reserve.js';

/** no request waits for a broken database longer than this and `CONNECT_TIMEOUT_MS` allow together (R-14: 3 s). */
const STATEMENT_TIMEOUT_MS = 2_000;
const POOL_SIZE = 10;
/**
 * A connection is a process of PostgreSQL, and takes it as long to make as hundreds of look-ups: what the load needs stays for a
 * while after it, or each wave of it would find connections to be made.
 */
const IDLE_TIMEOUT_MS = 600_000;
/** Left to itself a system asks after two hours whether the other side is still there: a backup would wait as long. */
const KEEP_ALIVE_AFTER_MS = 10_000;

/** Settings without which an acknowledged write could be lost. */
const DURABILITY = ['fsync', 'synchronous_commit', 'full_page_writes'];

/**
 * Opens PostgreSQL and brings its schema up to date.
 *
 * @throws StartupError if it cannot be reached or would lose acknowledged writes
 */
export async function openPostgres(url: string, tables: Tables): Promise<Connections> {
  const opened: Closable[] = [];
  const open = async (use: Use): Promise<DataSource> => {
    const source = await initializePostgres(postgresSource(url, tables, use));
    opened.push(source);
    return source;
  };
  try {
    await bringUpToDate(open);
    await opened.pop()?.destroy();
    // Before the first write, and gone after the last.
    const solitude = await PostgresSolitude.open(url);
    opened.push({ destroy: () => solitude.close() });
    const others = { solitude, company: solitude, reserve: new NoReserve() };
    const epochs: PostgresEpochs = new PostgresEpochs(
      async () => overOne(await initializePostgres(postgresSource(url, tables, SETTLING)), others),
      (text) => reader.query<readonly unknown[]>(text),
      () => pause(CONNECT_TIMEOUT_MS + 100),
      () => solitude.renew(),
    );
    const { verify: onConnect } = epochs;
    const writer = await open({ ...WRITING, onConnect });
    const reader = await open({ ...READING, onConnect });
    const pools = { writer: poolOf(writer), reader: poolOf(reader) };
    for (const { options } of Object.values(pools)) options.connectionTimeoutMillis = CONNECT_TIMEOUT_MS;
    measurePool('writer', pools.writer);
    measurePool('reader', pools.reader);
    const prepared = (text: string): LookUp => prepare(reader, text);
    const close = (): Promise<void> => closeAll(opened);
    const lacks: Connections['lacks'] = () => lacksOf(pools.writer, writer);
    const read: Connections['read'] = (text, values) => reader.query(text, [...values]);
    const both = { writer, reader };
    const more = { ...others, ...told(pools), epochs, lacks };
    return { kind: 'postgres', ...both, ...more, prepare: prepared, read, close };
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

/** What pools are told beforehand. */
function told(pools: Readonly<Record<string, Pool>>): Required<Pick<Connections, 'expectMany' | 'leave'>> {
  const all = Object.values(pools);
  return {
    expectMany: async () => {
      for (const pool of all) await fill(pool);
    },
    leave: () => all.forEach(giveBack),
  };
}

/** For what is done with the database before it is used. */
function overOne(
  source: DataSource,
  others: Pick<Connections, 'solitude' | 'company' | 'reserve'>,
): Connections {
  const prepared = (text: string): LookUp => prepare(source, text);
  const close = (): Promise<void> => source.destroy();
  const both = { writer: source, reader: source };
  const read: Connections['read'] = (text, values) => source.query(text, [...values]);
  const unlooked = { epochs: NO_EPOCHS, lacks: WITHOUT_LACKS };
  return { kind: 'postgres', ...both, ...others, ...unlooked, prepare: prepared, read, close };
}

/** What the sessions of brokers are called: by it a restore knows that one runs. */
export const BROKER = 'signpost';

/** How a pool is used: its sessions' settings, and what gives up when there is no answer. */
interface Use {
  readonly options: string;
  readonly Client?: typeof OrderlyClient | typeof ImpatientClient | typeof CommandClient;
  /** Of a `CommandClient`. */
  readonly patience?: Patience;
  /** Looks at each new connection before it is used. */
  readonly onConnect?: PostgresEpochs['verify'];
  /** What its sessions are called, where they are not a broker's. */
  readonly applicationName?: string;
  readonly connectTimeoutMS?: number;
}

/** Warnings are heard whatever a role is set to: one at a COMMIT says that it may be lost. */
const IMPATIENT = `-c statement_timeout=${STATEMENT_TIMEOUT_MS} -c idle_in_transaction_session_timeout=${5 * STATEMENT_TIMEOUT_MS} -c client_min_messages=warning`;
const WRITING: Use = { options: IMPATIENT, Client: ImpatientClient };
const SETTLING: Use = { ...WRITING, connectTimeoutMS: CONNECT_TIMEOUT_MS };
/**
 * What is read is prepared: planned once on each connection. By itself PostgreSQL plans a look-up anew each time, as long as it
 * was asked for fewer keys than the ten that it expects, which takes longer than to find them (P-3).
 */
const READING: Use = {
  options: `${IMPATIENT} -c default_transaction_read_only=on -c plan_cache_mode=force_generic_plan`,
  Client: ImpatientClient,
};
/** Without a time-out: an index over many rows takes long, and another node that migrates is waited for. */
const MIGRATING: Use = { options: '-c statement_timeout=0 -c lock_timeout=1000' };

/** For a command. */
export function commandUse(applicationName: string, patience: Patience): Use {
  return { options: sessionOptions(patience), Client: CommandClient, patience, applicationName };
}

export function postgresSource(
  url: string,
  tables: Tables,
  { applicationName = BROKER, connectTimeoutMS = OPENING_TIMEOUT_MS, ...use }: Use,
): DataSource {
  return new DataSource({
    type: 'postgres',
    // The one that is bundled: TypeORM would look for it among the packages.
    driver: pg,
    url,
    applicationName,
    connectTimeoutMS,
    parseInt8: true,
    installExtensions: false,
    ...commonOptions(tables, migrations),
    extra: {
      // The size of pools whose connections tell when they are made and end.
      ...(use.Client === ImpatientClient ? PoolSize.upTo(POOL_SIZE) : { max: POOL_SIZE }),
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
      stream: () => new NamedSocket(),
      Client: OrderlyClient,
      ...use,
    },
  });
}

export async function initializePostgres(source: DataSource): Promise<DataSource> {
  try {
    await source.initialize();
    const pool = poolOf(source);
    // Of a pool whose connections tell of themselves.
    (pool.options as Partial<PoolOptions>).size?.watch(pool);
    return source;
  } catch (error) {
    throw unusable(error);
  }
}

/** Leaves open what it opened. */
async function bringUpToDate(open: (use: Use) => Promise<DataSource>): Promise<void> {
  const pids = new Set<number>();
  const onConnect = async (client: Pick<ClientBase, 'query'>): Promise<void> => {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    for (const { pid } of rows) pids.add(pid);
  };
  const migrator = await open({ ...MIGRATING, onConnect });
  await requireDurability(migrator);
  await unlessStandbyIsMissing(migrator, pids, () => migrate(migrator));
}

async function requireDurability(source: DataSource): Promise<void> {
  for (const name of DURABILITY) {
    const [row] = await source.query<[Record<string, string>]>(`SHOW ${name}`);
    const value = row[name];
    if (value === 'off' || value === 'local') {
      throw new StartupError(
        `PostgreSQL runs with ${name}=${value}: acknowledged changes could be lost. Set ${name}=on.`,
      );
    }
  }
}

/** Named, so that a connection of the pool parses it once. */
function prepare(source: DataSource, text: string): LookUp {
  const pool = poolOf(source);
  const name = createHash('sha256').update(text).digest('hex').slice(0, 32);
  const own = ofPostgres(text);
  return gathered(async () => {
    const client = await pool.connect();
    // A connection that breaks also rejects the query; unheard, this would end the process.
    client.on('error', heard);
    return async (keys) => {
      let isSound = false;
      try {
        const query = { name, text: own, values: [keys], rowMode: 'array' } as const;
        const { rows } = await client.query<[string, string]>(query);
        isSound = true;
        return rows;
      } finally {
        // The connection goes with its error: what state it is in is not worth finding out.
        client.release(!isSound);
        client.off('error', heard);
      }
    };
  });
}

/** The driver's own pool. */
function poolOf(source: DataSource): Pool {
  return (source.driver as unknown as { master: Pool }).master;
}

interface Closable {
  destroy(): Promise<void>;
}

async function closeAll(sources: readonly Closable[]): Promise<void> {
  for (const source of [...sources].reverse()) await source.destroy();
}

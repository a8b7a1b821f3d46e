import type { Pool } from 'pg';
import type { DataSource } from 'typeorm';
import { LACKS_NOTHING, type Lack } from './connections.js';
import { heard } from './postgres-client.js';

/**
 * What is set for a database or a role counts for sessions to come, the most special setting first; those that are open keep
 * what they began with. A standby takes no writes whatever is set.
 */
const LOOK = `SELECT current_setting('transaction_read_only')::bool AS "isReadOnly",
    coalesce((
      SELECT split_part(setting, '=', 2)::bool FROM pg_db_role_setting, unnest(setconfig) AS setting
      WHERE setting LIKE 'default_transaction_read_only=%'
        AND setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
        AND setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = current_user))
      ORDER BY setrole = 0, setdatabase = 0 LIMIT 1
    ), false) AS "willBeReadOnly",
    EXISTS (SELECT FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NULL) AS "lacksTables"`;

interface Row {
  readonly isReadOnly: boolean;
  readonly willBeReadOnly: boolean;
  readonly lacksTables: boolean;
}

/**
 * What is missing of a database that answers. Asked on a connection that writes, without a write.
 *
 * @throws Error when it does not answer
 */
export async function lacksOf(
  writers: Pool,
  { entityMetadatas }: Pick<DataSource, 'entityMetadatas'>,
): Promise<ReadonlySet<Lack>> {
  const tables = entityMetadatas.map(({ tableName }) => tableName);
  const client = await writers.connect();
  // A connection that breaks also rejects the query.
  client.on('error', heard);
  let staysReadOnly = true;
  try {
    const { rows } = await client.query<Row>(LOOK, [tables]);
    const [row] = rows;
    if (row === undefined) return LACKS_NOTHING;
    staysReadOnly = row.isReadOnly;
    const lacks: [Lack, boolean][] = [
      ['database-writes', row.isReadOnly || row.willBeReadOnly],
      ['database-tables', row.lacksTables],
    ];
    return new Set(lacks.flatMap(([lack, applies]) => (applies ? [lack] : [])));
  } finally {
    // A session that began read only stays so; the pool would keep it for as long as it is used.
    client.release(staysReadOnly);
    client.off('error', heard);
  }
}

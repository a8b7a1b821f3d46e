import { expect, test } from '@jest/globals';
import { dirname } from 'node:path';
import { tables } from '../../src/tables.js';
import { RESTORED } from '../../src/commands/restored-tables.js';
import { schemaNames } from '../../src/platform/database/migrations/index.js';
import { openPostgresSnapshot } from '../../src/platform/database/postgres-snapshot.js';
import { shapesOf } from '../../src/platform/database/table-shape.js';
import { openSqliteSnapshot } from '../../src/platform/database/sqlite-snapshot.js';
import { eachDatabase } from '../support/databases.js';
import { namesOfTables } from '../support/patient-pools.js';

/** What the database itself keeps. */
const OF_THE_DATABASE = ['schema_migrations', 'typeorm_metadata'];

eachDatabase('a backup', tables, (open) => {
  test('has every table that there is, those that others refer to first', async () => {
    const { connections } = await open();
    const { writer } = connections;
    const present = await namesOfTables(writer);
    const carried = shapesOf(writer).map(({ name }) => name);
    const expected = present.filter((name) => !OF_THE_DATABASE.includes(name) && !name.startsWith('sqlite_'));
    expect([...carried].sort()).toEqual(expected.sort());
    for (const { tableName, foreignKeys } of writer.entityMetadatas) {
      for (const { referencedEntityMetadata: parent } of foreignKeys) {
        expect(carried.indexOf(parent.tableName)).toBeLessThan(carried.indexOf(tableName));
      }
    }
  });

  test('has every column, with what it holds', async () => {
    const { connections } = await open();
    const links = shapesOf(connections.writer).find(({ name }) => name === 'links');
    expect(links?.columns).toContainEqual({ name: 'sealed_key', kind: 'text', nullable: true });
    expect(links?.columns).toContainEqual({ name: 'created_at', kind: 'integer', nullable: false });
    const accounts = shapesOf(connections.writer).find(({ name }) => name === 'accounts');
    expect(accounts?.columns).toContainEqual({ name: 'findable_by_name', kind: 'boolean', nullable: false });
  });

  test('is of one moment: rows that come later are not in it', async () => {
    const { connections, unitOfWork } = await open();
    const add = (id: string): Promise<void> =>
      unitOfWork.run(async () => {
        await unitOfWork.writing.query(`INSERT INTO issued_account_ids (id) VALUES ('${id}')`);
      });
    await add('1');
    const { options } = connections.writer;
    const snapshot =
      options.type === 'postgres'
        ? await openPostgresSnapshot(options.url ?? '', tables)
        : await openSqliteSnapshot(dirname(String(options.database)), tables);
    const table = snapshot.tables.find(({ name }) => name === 'issued_account_ids')!;
    expect(await snapshot.count(table)).toBe(1);
    await add('2');
    expect(await snapshot.count(table)).toBe(1);
    const rows = [];
    for await (const batch of snapshot.rows(table)) rows.push(...batch);
    expect(rows).toEqual([['1']]);
    expect(snapshot.schema).toEqual(schemaNames);
    await snapshot.close();
  });

  test('has, for every table, a decision on what a restore brings back of it', async () => {
    const { connections } = await open();
    const names = shapesOf(connections.writer).map(({ name }) => name);
    // A new table: add it to src/commands/restored-tables.ts, and think about what was revoked or used up since.
    expect(Object.keys(RESTORED).sort()).toEqual(names.sort());
  });
});

import { describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { inCheckout } from '../../scripts/lib/checkout.mjs';
import { takesAway } from '../../src/platform/database/migrate.js';
import { schemaNames } from '../../src/platform/database/migrations/index.js';

const folder = inCheckout('src/platform/database/migrations');
const files = readdirSync(folder).filter((name) => /^\d+-/.test(name));

/**
 * What a migration may not do while the version before still runs beside it, and what to do instead. A file that
 * ends in `-contract.ts` takes away what no released version has used since the one before.
 */
const RULES: readonly { readonly seen: RegExp; readonly why: string }[] = [
  {
    seen: /\bDROP\b|\bdrop(?:Table|Column|Index|ForeignKey)/i,
    why: 'takes away: a -contract.ts, one release later',
  },
  {
    seen: /\bRENAME\b|\brename(?:Table|Column)|\bchangeColumn/i,
    why: 'renames or changes: add the new one beside it',
  },
  { seen: /\bALTER\s+COLUMN\b|\bSET\s+NOT\s+NULL\b/i, why: 'changes a column that the other version writes' },
  {
    seen: /\bADD\s+(?:COLUMN\s+)?\w+\s+[^'"`;]*\bNOT\s+NULL\b(?![^'"`;]*\bDEFAULT\b)/i,
    why: 'the other version does not fill the new column: make it nullable, or give it a DEFAULT',
  },
  { seen: /\baddColumns?\(/, why: 'write it as SQL, so that this test can read it' },
  {
    seen: /\bUPDATE\s|\bDELETE\s+FROM\b|\bINSERT\s+INTO\b/i,
    why: 'moves rows under a lock: fill in batches of at most 1,000 from a job',
  },
  {
    seen: /\bcreateInd(?:ex|ices)\(|(?<!\bonSqlite\(\s*runner,\s*.)\bCREATE\s+(?:UNIQUE\s+)?INDEX\b(?!\s+CONCURRENTLY)/i,
    why: 'holds up writes to a large table: CREATE INDEX CONCURRENTLY on PostgreSQL, `onSqlite` where only that needs it',
  },
  {
    seen: /\bcreateForeignKey|\bADD\s+CONSTRAINT\b(?!.*\bNOT\s+VALID\b)/i,
    why: 'reads all rows under a lock: ADD CONSTRAINT … NOT VALID, then VALIDATE',
  },
];

/** What a migration does, without the way back. */
function upOf(source: string): string {
  return source.slice(0, source.search(/async down\(/));
}

/** @returns what it does that the version before could not live with */
function breaks(source: string): string[] {
  const up = upOf(source);
  return RULES.filter(({ seen }) => seen.test(up)).map(({ why }) => why);
}

describe('a migration', () => {
  test.each(files)('%s leaves the version before able to run beside it (R-32)', (file) => {
    const source = readFileSync(`${folder}/${file}`, 'utf8');
    if (!file.endsWith('-contract.ts')) expect(breaks(source)).toEqual([]);
  });

  test('is called so that a version before can tell whether it takes something away', () => {
    const named = schemaNames.filter(takesAway);
    expect(named).toHaveLength(files.filter((file) => file.endsWith('-contract.ts')).length);
  });

  test.each(schemaNames)(
    '%s has a database and a change of the schema that are kept: node scripts/upgrade-dump.mjs',
    (name) => {
      for (const kept of ['dump', 'ddl'])
        expect([kept, existsSync(inCheckout(`test/upgrades/${name}.${kept}`))]).toEqual([kept, true]);
    },
  );
});

test.each([
  ['ALTER TABLE accounts DROP COLUMN email', 1],
  ["await runner.dropTable('links')", 1],
  ['ALTER TABLE links RENAME COLUMN kind TO sort', 1],
  ['ALTER TABLE links ALTER COLUMN kind TYPE text', 1],
  ['ALTER TABLE links ADD COLUMN colour varchar(8) NOT NULL', 1],
  ["ALTER TABLE links ADD COLUMN colour varchar(8) NOT NULL DEFAULT 'red'", 0],
  ['ALTER TABLE links ADD COLUMN colour varchar(8)', 0],
  ["UPDATE links SET colour = 'red'", 1],
  ['CREATE INDEX links_colour ON links (colour)', 1],
  ['CREATE INDEX CONCURRENTLY links_colour ON links (colour)', 0],
  ['ALTER TABLE links ADD CONSTRAINT c CHECK (x > 0)', 1],
  ['ALTER TABLE links ADD CONSTRAINT c CHECK (x > 0) NOT VALID', 0],
  ['await runner.createTable(links)', 0],
])('the look at migrations judges %s', (statement, problems) => {
  expect(
    breaks(`async up(runner) { await runner.query('${statement}'); } async down() { DROP }`),
  ).toHaveLength(problems);
});

test('the look at migrations lets SQLite alone have an index: nobody else works on its file', () => {
  const up = "async up(runner) { await onSqlite(runner, 'CREATE INDEX links_colour ON links (colour)'); }";
  expect(breaks(`${up} async down() { DROP }`)).toEqual([]);
});

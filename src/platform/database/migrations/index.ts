import { FirstTables1795305600000 } from './1795305600000-first-tables.js';
import { LifeOfAnAccount1795392000000 } from './1795392000000-life-of-an-account.js';
import { Apps1795479600000 } from './1795479600000-apps.js';
import { KnownBrowsers1795482000000 } from './1795482000000-known-browsers.js';
import { RestoredBackups1795525200000 } from './1795525200000-restored-backups.js';
import { SitesWithoutPkce1795694400000 } from './1795694400000-sites-without-pkce.js';
import { DatabaseEpochs1795698000000 } from './1795698000000-database-epochs.js';
import { SigningKeys1795716000000 } from './1795716000000-signing-keys.js';
import { LinksOfAccount1795723200000 } from './1795723200000-links-of-account.js';
import { ServersOfLists1795784400000 } from './1795784400000-servers-of-lists.js';

/** Every change of the schema, oldest first. Append only: a released migration is never edited. */
export const migrations = [
  FirstTables1795305600000,
  LifeOfAnAccount1795392000000,
  Apps1795479600000,
  KnownBrowsers1795482000000,
  RestoredBackups1795525200000,
  SitesWithoutPkce1795694400000,
  DatabaseEpochs1795698000000,
  SigningKeys1795716000000,
  LinksOfAccount1795723200000,
  ServersOfLists1795784400000,
];

/** Their names, as a database that went through them lists them. */
export const schemaNames: readonly string[] = migrations.map((Migration) => new Migration().name);

/** Those that a database of the past had gone through. */
export function migrationsUpTo(schema: readonly string[]): (typeof migrations)[number][] {
  return migrations.filter((_, at) => schema.includes(schemaNames[at] ?? ''));
}

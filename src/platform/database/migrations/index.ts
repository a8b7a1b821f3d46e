import { FirstTables1795305600000 } from './1795305600000-first-tables.js';
import { LifeOfAnAccount1795392000000 } from './1795392000000-life-of-an-account.js';
import { KnownBrowsers1795482000000 } from './1795482000000-known-browsers.js';

/** Every change of the schema, oldest first. Append only: a released migration is never edited. */
export const migrations = [
  FirstTables1795305600000,
  LifeOfAnAccount1795392000000,
  KnownBrowsers1795482000000,
];

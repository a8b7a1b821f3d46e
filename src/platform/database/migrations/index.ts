import { FirstTables1795305600000 } from './1795305600000-first-tables.js';

/** Every change of the schema, oldest first. Append only: a released migration is never edited. */
export const migrations = [FirstTables1795305600000];

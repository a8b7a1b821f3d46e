import { FirstTables1795305600000 } from './1795305600000-first-tables.js';
import { LifeOfAnAccount1795392000000 } from './1795392000000-life-of-an-account.js';
import { Apps1795479600000 } from './1795479600000-apps.js';

/** Every change of the schema, oldest first. Append only: a released migration is never edited. */
export const migrations = [FirstTables1795305600000, LifeOfAnAccount1795392000000, Apps1795479600000];

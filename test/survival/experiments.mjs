/** The experiments, in the order in which they run. */
import { blackHole } from './black-hole.mjs';
import { diskFull, diskFullOfPostgres } from './disk-full.mjs';
import { killsOnPostgres, killsOnSqlite } from './kills.mjs';
import { postgresKilled } from './postgres-faults.mjs';
import { refreshKills } from './refresh-kills.mjs';
import { secondProcess } from './second-process.mjs';

/** @type {readonly import('./stage.mjs').Experiment[]} */
export const experiments = [
  killsOnSqlite,
  killsOnPostgres,
  refreshKills,
  postgresKilled,
  blackHole,
  diskFull,
  diskFullOfPostgres,
  secondProcess,
];

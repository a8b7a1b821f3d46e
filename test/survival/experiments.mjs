/** The experiments, in the order in which they run. */
import { blackHole } from './black-hole.mjs';
import { killsOnPostgres, killsOnSqlite } from './kills.mjs';
import { postgresKilled } from './postgres-faults.mjs';
import { secondProcess } from './second-process.mjs';

/** @type {readonly import('./stage.mjs').Experiment[]} */
export const experiments = [killsOnSqlite, killsOnPostgres, postgresKilled, blackHole, secondProcess];

/** The experiments, in the order in which they run. */
import { answersAfterSync } from './answers-after-sync.mjs';
import { anyNode } from './any-node.mjs';
import { backupOfPostgres, backupOfSqlite } from './backup.mjs';
import { blackHole } from './black-hole.mjs';
import { diskFull, diskFullOfPostgres } from './disk-full.mjs';
import { endings } from './endings.mjs';
import { failover, failoverWithLoss } from './failover.mjs';
import { thunderingHerd } from './herd.mjs';
import { killsOnPostgres, killsOnSqlite } from './kills.mjs';
import { linkHistories } from './link-histories.mjs';
import { mailBacklog, mailKills, mailSchedule, mailServerAway } from './mail.mjs';
import { migrationUnderLoad } from './migration.mjs';
import { noMoreFiles, slowClients } from './slow-clients.mjs';
import { signInFlood } from './sign-in-flood.mjs';
import { overload } from './overload.mjs';
import { partitions } from './partitions.mjs';
import { postgresKilled } from './postgres-faults.mjs';
import { redisAway } from './redis-away.mjs';
import { refreshKills } from './refresh-kills.mjs';
import { rollingRestart } from './rolling-restart.mjs';
import { secondProcess } from './second-process.mjs';
import { smallMachine } from './small-machine.mjs';
import { soak } from './soak.mjs';
import { steadyLoad } from './steady-load.mjs';
import { revocations } from './several-nodes.mjs';

/** @type {readonly import('./stage.mjs').Experiment[]} */
export const experiments = [
  killsOnSqlite,
  killsOnPostgres,
  refreshKills,
  answersAfterSync,
  postgresKilled,
  failover,
  failoverWithLoss,
  blackHole,
  diskFull,
  diskFullOfPostgres,
  secondProcess,
  mailServerAway,
  mailSchedule,
  mailKills,
  mailBacklog,
  steadyLoad,
  thunderingHerd,
  overload,
  smallMachine,
  signInFlood,
  slowClients,
  noMoreFiles,
  soak,
  backupOfSqlite,
  backupOfPostgres,
  migrationUnderLoad,
  rollingRestart,
  revocations,
  endings,
  linkHistories,
  anyNode,
  redisAway,
  partitions,
];

/** Limits that several nodes count together, as long as Redis answers them in time. */
import { ask } from './people.mjs';

/** @typedef {import('./cluster.mjs').Cluster} Cluster */
/**
 * What passed a limit, and how often a node could not ask Redis meanwhile.
 * @typedef {{ passed: number, alone: number, nodes: number }} Limited
 */

/** Questions to Redis without an answer within 50 ms, or not asked because there was none of late. */
const UNANSWERED = /^signpost_redis_duration_seconds_count\{outcome="(?:failed|spared)"\} (\d+)$/gm;

/** @param {Cluster} cluster @param {() => Promise<number>} acts how many passed @returns {Promise<Limited>} */
export async function limited({ nodes }, acts) {
  const before = await unanswered(nodes);
  const passed = await acts();
  return { passed, alone: (await unanswered(nodes)) - before, nodes: nodes.length };
}

/**
 * The limit. What Redis does not answer in time a node counts by itself, within its share (S-27): then one more for each such
 * time, and no more than all shares.
 * @param {Limited} limited @param {number} limit
 */
export const mostOf = ({ alone, nodes }, limit) => limit + Math.min(alone, nodes * Math.floor(limit / nodes));

/** @param {Cluster['nodes']} nodes */
async function unanswered(nodes) {
  const told = await Promise.all(nodes.map(({ opsUrl }) => ask(`${opsUrl}/metrics`)));
  const counts = told.flatMap(({ text }) => [...text.matchAll(UNANSWERED)].map(([, count]) => Number(count)));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** The experiments, in the order in which they run. */
import { secondProcess } from './second-process.mjs';

/** @type {readonly import('./stage.mjs').Experiment[]} */
export const experiments = [secondProcess];

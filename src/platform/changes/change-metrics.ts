import { counter, gauge } from '../metrics/metrics.js';

/** Every adapter of the change feed counts here. */
export const feedEvents = counter({
  name: 'signpost_feed_events_total',
  help: 'The change feed: changes told within this process, those of them that came from another node (`heard`), times that changes may have passed unheard (everything remembered was dropped), and commits whose answer was lost (nothing is remembered for some minutes).',
  labels: { event: ['told', 'heard', 'missed', 'doubt'] },
});

/** 1 or 0, as `ChangeFeed.hearsAll`. */
export const feedHearsAll = gauge({
  name: 'signpost_feed_hears_all',
  help: '1 while this process hears of every change and so may answer from memory; 0 while every list is read.',
  labels: {},
});

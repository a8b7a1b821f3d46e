import { counter, gauge, type Count } from './metrics.js';

/** Those that are asked, and what they hold. */
const ASKED = ['lists', 'tokens', 'sign-ins', 'servers'] as const;
const HELD = [...ASKED, 'packed-lists'] as const;
export type CacheName = (typeof ASKED)[number];

const lookUps = counter({
  name: 'signpost_cache_lookups_total',
  help: 'Look-ups in what this process remembers: server lists by account (`lists`, packed or not), tokens of devices that were checked (`tokens`), sign-ins of apps that were (`sign-ins`), servers that prove their key (`servers`).',
  labels: { cache: ASKED, outcome: ['hit', 'miss'] },
});
const entries = gauge({
  name: 'signpost_cache_entries',
  help: 'How many lists, tokens, sign-ins or servers are remembered. `packed-lists`: those of everybody; `lists`: of those who ask again and again, with what is sent to them.',
  labels: { cache: HELD },
});
const weight = gauge({
  name: 'signpost_cache_bytes',
  help: 'Estimated size of what is remembered, as its bound counts it (LISTS_MEMORY_MB).',
  labels: { cache: HELD },
});

/** Something that holds at most so much, such as a `Memory`. */
interface Held {
  readonly size: number;
  readonly weight: number;
}

/** What whoever remembers something adds to when it is asked. */
export interface CacheCounts {
  readonly hits: Count;
  readonly misses: Count;
}

/** @param entryBytes of one entry, where `held` counts entries and not bytes */
export function measuredCache(cache: CacheName, held: Held, entryBytes = 1): CacheCounts {
  measureHeld(cache, held, entryBytes);
  return {
    hits: lookUps.series({ cache, outcome: 'hit' }),
    misses: lookUps.series({ cache, outcome: 'miss' }),
  };
}

/** The same without counting who asked. */
export function measureHeld(cache: (typeof HELD)[number], held: Held, entryBytes = 1): void {
  entries.readBy({ cache }, () => held.size);
  weight.readBy({ cache }, () => held.weight * entryBytes);
}

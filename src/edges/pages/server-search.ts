import type { ServerInSight } from '../../features/discovery/index.js';

const byName = new Intl.Collator('en', { sensitivity: 'base', numeric: true });

/** The servers whose name or address holds what was typed, by name. */
export function searched(servers: readonly ServerInSight[], typed: string): readonly ServerInSight[] {
  const wanted = folded(typed);
  return servers
    .filter(({ name, addresses }) =>
      [name, ...addresses.map(({ url }) => url)].some((text) => folded(text).includes(wanted)),
    )
    .toSorted((one, other) => byName.compare(one.name, other.name));
}

/** "Café" is found by "cafe". */
function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

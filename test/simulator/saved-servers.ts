import type { ServerEntry } from './device-answers.js';

/** A server as the JS client keeps it between starts; merged by `systemId` alone (security.md, fact 3). */
export interface SavedServer {
  readonly systemId: string;
  readonly name: string;
  /** Empty: the server was added by hand and is none of the broker's business. */
  readonly exchangeToken: string;
  readonly connectServerId: string;
  readonly url: string;
  readonly localAddress: string;
  readonly linkType: 'LinkedUser' | 'Guest';
  /** What the exchange gave; outlives new lists, falls at a 401 (§3.7). */
  readonly local: { readonly userId: string; readonly accessToken: string } | null;
}

/**
 * The JS rule: who is listed is saved or brought up to date, and a saved server that carries an exchange token and is no
 * longer listed is dropped. This is how a removal reaches a device (E4).
 */
export function mergeServers(
  saved: readonly SavedServer[],
  listed: readonly ServerEntry[],
): readonly SavedServer[] {
  const current = listed.map((entry) => {
    const known = saved.find(({ systemId }) => systemId === entry.SystemId);
    return { ...savedServer(entry), local: known?.local ?? null };
  });
  const listedIds = new Set(current.map(({ systemId }) => systemId));
  const others = saved.filter(
    ({ systemId, exchangeToken }) => exchangeToken === '' && !listedIds.has(systemId),
  );
  return [...others, ...current];
}

function savedServer(entry: ServerEntry): Omit<SavedServer, 'local'> {
  return {
    systemId: entry.SystemId,
    name: entry.Name,
    exchangeToken: entry.AccessKey,
    connectServerId: entry.Id,
    url: entry.Url,
    localAddress: entry.LocalAddress,
    linkType: entry.UserType.toLowerCase() === 'guest' ? 'Guest' : 'LinkedUser',
  };
}

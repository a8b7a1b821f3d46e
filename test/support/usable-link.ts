import type { UsableLink } from '../../src/features/links/index.js';
import type { AccountId, LinkId, ServerId } from '../../src/shared/ids.js';

type Named = Partial<
  Pick<UsableLink['link'], 'accountId' | 'kind' | 'requester' | 'createdAt' | 'acceptedAt'>
>;

/** An accepted link as a list has it, to the server of that id and name. */
export function usableLink(serverId: string, named: Named = {}, key = 'k'): UsableLink {
  const id = serverId as ServerId;
  return {
    link: {
      id: `l-${serverId}` as LinkId,
      serverId: id,
      accountId: '1' as AccountId,
      kind: 'linked',
      requester: null,
      createdAt: 0,
      state: 'accepted',
      acceptedAt: 0,
      expiresAt: null,
      ...named,
    },
    server: {
      id,
      systemId: 's',
      name: serverId,
      url: 'https://a.example',
      localAddress: '',
      network: '192.0.2.1',
      createdAt: 0,
      heardAt: 0,
    },
    key,
  };
}

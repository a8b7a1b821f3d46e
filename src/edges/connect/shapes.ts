import { isActive, type Account } from '../../features/accounts/index.js';
import type { LinkKind, LinkOfServer, UsableLink, WaitingInvitation } from '../../features/links/index.js';
import type { Server } from '../../features/servers/index.js';

/**
 * What goes over the wire, field by field: PascalCase, text never null where clients index it (Q4–Q6), flags real
 * booleans.
 */

const USER_TYPE: Readonly<Record<LinkKind, string>> = { linked: 'Linked', guest: 'Guest' };

interface UserShape {
  /** Looks like a positive number, and is text. */
  readonly Id: string;
  readonly Name: string;
  readonly DisplayName: string;
  /** To a server: only the address it asked for, else '' (S-33). */
  readonly Email: string;
  readonly IsActive: boolean;
  readonly ImageUrl: string;
}

/** E6, E7. */
export function userShape(account: Account, shownEmail: string): UserShape {
  const { id, userName } = account;
  return {
    Id: id,
    Name: userName,
    DisplayName: userName,
    Email: shownEmail,
    IsActive: isActive(account),
    ImageUrl: '',
  };
}

export interface SignedInShape {
  /** The device token. */
  readonly AccessToken: string;
  readonly User: UserShape;
  /** These two are the documentation's own (wrong) names, which some clients follow. */
  readonly ConnectAccessToken: string;
  readonly ConnectUserId: string;
}

/** E7. */
export function signedInShape(account: Account, token: string): SignedInShape {
  const user = userShape(account, account.email);
  return { AccessToken: token, User: user, ConnectAccessToken: token, ConnectUserId: account.id };
}

interface ServerEntryShape {
  /** The broker's id of the server. */
  readonly Id: string;
  readonly Url: string;
  readonly Name: string;
  /** The media server's own id. */
  readonly SystemId: string;
  /** The link key, which the device exchanges at the media server. */
  readonly AccessKey: string;
  /** '' when there is none. */
  readonly LocalAddress: string;
  readonly UserType: string;
  readonly SupporterKey: string;
}

/** E3. */
export function updateEntry({ id, url, name }: Server): Pick<ServerEntryShape, 'Id' | 'Url' | 'Name'> {
  return { Id: id, Url: url, Name: name };
}

/** E4. */
export function serverEntry({ link, server, key }: UsableLink): ServerEntryShape {
  return {
    Id: server.id,
    Url: server.url,
    Name: server.name,
    SystemId: server.systemId,
    AccessKey: key,
    LocalAddress: server.localAddress,
    UserType: USER_TYPE[link.kind],
    SupporterKey: '',
  };
}

/** E5: the same shape, but nothing that a device could use before the person said yes (W6, S-63). */
export function waitingEntry({ link, server }: WaitingInvitation): ServerEntryShape {
  return {
    Id: server.id,
    Url: '',
    Name: server.name,
    SystemId: '',
    AccessKey: '',
    LocalAddress: '',
    UserType: USER_TYPE[link.kind],
    SupporterKey: '',
  };
}

interface AuthorizationShape {
  readonly Id: string;
  readonly ServerId: string;
  readonly UserId: string;
  /** The link key, in clear: the server compares it with its own and adopts a changed one. */
  readonly AccessToken: string;
  /** ISO 8601, UTC. */
  readonly DateCreated: string;
  readonly IsActive: boolean;
  readonly AcceptStatus: 'Waiting' | 'Accepted';
  readonly UserType: string;
  readonly UserImageUrl: string;
  readonly UserName: string;
}

/** E11, E12. */
export function authorization({ link, account, key }: LinkOfServer): AuthorizationShape {
  return {
    Id: link.id,
    ServerId: link.serverId,
    UserId: link.accountId,
    AccessToken: key,
    DateCreated: new Date(link.createdAt).toISOString(),
    IsActive: isActive(account),
    AcceptStatus: link.state === 'accepted' ? 'Accepted' : 'Waiting',
    UserType: USER_TYPE[link.kind],
    UserImageUrl: '',
    UserName: account.userName,
  };
}

interface PinShape {
  /** The account, once confirmed. */
  readonly Id: string | null;
  readonly Pin: string;
  readonly DeviceId: string;
  readonly IsExpired: boolean;
  readonly IsConfirmed: boolean;
  /** Always null: an old client takes anything else as success (E17). */
  readonly AccessToken: null;
}

/** E16, E17. */
export function pinShape(
  pin: string,
  deviceId: string,
  state: { isExpired: boolean; accountId: string | null },
): PinShape {
  const { isExpired, accountId } = state;
  return {
    Id: accountId,
    Pin: pin,
    DeviceId: deviceId,
    IsExpired: isExpired,
    IsConfirmed: accountId !== null,
    AccessToken: null,
  };
}

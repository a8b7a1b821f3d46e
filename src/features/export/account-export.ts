import type { Account, Findable } from '../accounts/index.js';
import type { LookupCount, RecordedEvent } from '../audit/index.js';
import type { UsableLink, WaitingInvitation } from '../links/index.js';
import type { AppSignIn } from '../oauth/index.js';
import type { Device, WebSession } from '../sessions/index.js';

/** What is gathered about a person. */
export interface Gathered {
  readonly account: Account & Findable;
  readonly devices: readonly Device[];
  readonly apps: readonly AppSignIn[];
  readonly browsers: readonly WebSession[];
  readonly knownNetworks: readonly { readonly network: string; readonly lastSuccessAt: number }[];
  readonly knownBrowsers: readonly { readonly lastSuccessAt: number }[];
  readonly links: readonly UsableLink[];
  readonly invitations: readonly WaitingInvitation[];
  readonly blocked: readonly { readonly serverId: string; readonly blockedAt: number }[];
  readonly events: readonly RecordedEvent[];
  readonly lookups: readonly LookupCount[];
}

/** The file that a person takes away: plain JSON, times in ISO 8601. Fields are picked by name, so none slips in. */
export interface AccountExport {
  readonly format: 'signpost-account-export-1';
  readonly exportedAt: string;
  readonly account: object;
  readonly devices: readonly object[];
  readonly apps: readonly object[];
  readonly browsers: readonly object[];
  readonly signedInFrom: object;
  readonly servers: readonly object[];
  readonly invitations: readonly object[];
  readonly blockedServers: readonly object[];
  readonly events: readonly object[];
  readonly lookups: readonly object[];
}

export function accountExport(gathered: Gathered, now: number): AccountExport {
  return {
    format: 'signpost-account-export-1',
    exportedAt: iso(now),
    account: accountPart(gathered.account),
    devices: gathered.devices.map(devicePart),
    apps: gathered.apps.map(appPart),
    browsers: gathered.browsers.map(browserPart),
    signedInFrom: placesPart(gathered),
    servers: gathered.links.map(serverPart),
    invitations: gathered.invitations.map(invitationPart),
    blockedServers: gathered.blocked.map(({ serverId, blockedAt }) => ({
      serverId,
      blockedAt: iso(blockedAt),
    })),
    events: gathered.events.map(eventPart),
    lookups: gathered.lookups.map(({ serverName, count }) => ({ serverName, count })),
  };
}

function accountPart(account: Account & Findable): object {
  const { id, userName, email, state, role, createdAt, findableByName, findableByEmail } = account;
  return { id, userName, email, state, role, createdAt: iso(createdAt), findableByName, findableByEmail };
}

function devicePart({ app, name, network, createdAt, lastUsedAt }: Device): object {
  return { app, name, network, createdAt: iso(createdAt), lastUsedAt: iso(lastUsedAt) };
}

function appPart({ appName, deviceName, network, scopes, createdAt, lastUsedAt }: AppSignIn): object {
  return { appName, deviceName, network, scopes, createdAt: iso(createdAt), lastUsedAt: iso(lastUsedAt) };
}

function browserPart({ browser, network, persistent, createdAt, lastUsedAt }: WebSession): object {
  return {
    browser,
    network,
    staysSignedIn: persistent,
    createdAt: iso(createdAt),
    lastUsedAt: iso(lastUsedAt),
  };
}

/** What signing in is made easier by: networks and browsers in which the password was right (S-22). */
function placesPart({ knownNetworks, knownBrowsers }: Gathered): object {
  return {
    networks: knownNetworks.map(({ network, lastSuccessAt }) => ({ network, lastAt: iso(lastSuccessAt) })),
    browsers: knownBrowsers.map(({ lastSuccessAt }) => ({ lastAt: iso(lastSuccessAt) })),
  };
}

function serverPart({ link, server }: UsableLink): object {
  const { id, systemId, name, url, localAddress } = server;
  const { kind, requester, createdAt, acceptedAt } = link;
  const times = { createdAt: iso(createdAt), acceptedAt: iso(acceptedAt) };
  return { id, systemId, name, url, localAddress, kind, requester, ...times };
}

/** As on the page: no address and no key before the person has said yes (product rule 5). */
function invitationPart({ link, server, serverHost }: WaitingInvitation): object {
  const { kind, requester, createdAt } = link;
  return {
    serverId: server.id,
    name: server.name,
    host: serverHost,
    kind,
    requester,
    createdAt: iso(createdAt),
  };
}

function eventPart({ at, kind, outcome, serverId, network, detail }: RecordedEvent): object {
  return { at: iso(at), kind, outcome, serverId, network, detail };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}

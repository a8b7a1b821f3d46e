import type { IncomingMessage } from 'node:http';
import { SERVER_VERSION } from './broker-client.js';
import { hex32 } from './local-users.js';
import { sameText, type LocalUser, type MediaServerState } from './media-server-state.js';

/** What the routes for devices need of the server. */
export interface DeviceDoor {
  readonly state: MediaServerState;
  readonly name: string;
  readonly localAddress: string;
  readonly wanAddress: string;
  /** E12 and §3.3; never throws. */
  refreshAuthorizations(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  /** JSON text, or empty. */
  readonly body: string;
}

const NOT_FOUND: Answer = { status: 404, body: '' };
const UNAUTHORIZED: Answer = { status: 401, body: '' };

/** Answers a device (1.5): any case, with or without `/emby` or `/mediabrowser` in front. */
export async function answerDevice(door: DeviceDoor, request: IncomingMessage): Promise<Answer> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const route = url.pathname.toLowerCase().replace(/^\/(emby|mediabrowser)(?=\/)/, '');
  const credentials = credentialsOf(request, url);
  if (request.method !== 'GET') return NOT_FOUND;
  switch (route) {
    case '/system/info/public':
      return json(publicInfo(door));
    case '/system/info':
      return opens(door.state, credentials.token)
        ? json({ ...publicInfo(door), OperatingSystem: 'Linux' })
        : UNAUTHORIZED;
    case '/connect/exchange':
      return exchange(door, credentials, parameter(url, 'ConnectUserId') ?? '');
    default:
      return NOT_FOUND;
  }
}

function publicInfo({ state, name, localAddress, wanAddress }: DeviceDoor): object {
  return {
    Id: state.systemId,
    ServerName: name,
    Version: SERVER_VERSION,
    LocalAddress: localAddress,
    WanAddress: wanAddress,
  };
}

/** §3.7. Token and Connect id are looked at one by one and never held against each other, as in the original (W5). */
async function exchange(door: DeviceDoor, { token, client }: Credentials, userId: string): Promise<Answer> {
  if (!opens(door.state, token)) return UNAUTHORIZED;
  let user = linkedUser(door.state, userId);
  if (!user) {
    await door.refreshAuthorizations();
    user = linkedUser(door.state, userId);
  }
  if (!user) return NOT_FOUND;
  if (user.isDisabled) return UNAUTHORIZED;
  // A client without a name gets its own key back instead of a session.
  if (client === '') return json({ LocalUserId: user.id, AccessToken: token });
  const session = { token: hex32(), localUserId: user.id, client };
  door.state.sessions.push(session);
  return json({ LocalUserId: user.id, AccessToken: session.token });
}

/** A session, the key of a local user, or the token of a pending invitation (W6). */
function opens({ users, pending, sessions }: MediaServerState, token: string): boolean {
  if (token === '') return false;
  const session = sessions.find((candidate) => candidate.token === token);
  const owner = users.find(
    ({ id, connect }) => id === session?.localUserId || (connect && sameText(connect.accessKey, token)),
  );
  if (owner) return !owner.isDisabled;
  return pending.some(({ accessToken }) => sameText(accessToken, token));
}

function linkedUser({ users }: MediaServerState, connectUserId: string): LocalUser | undefined {
  return users.find(({ connect }) => connect !== null && sameText(connect.userId, connectUserId));
}

interface Credentials {
  readonly token: string;
  /** Name of the app, which decides whether a session is opened. */
  readonly client: string;
}

/** Headers of the official clients, or the same names in the query. */
function credentialsOf(request: IncomingMessage, url: URL): Credentials {
  const given = (name: string): string => headerOf(request, name) ?? parameter(url, name) ?? '';
  const named = /Client="([^"]*)"/i.exec(given('X-Emby-Authorization'))?.[1];
  return {
    token: given('X-Emby-Token') || given('X-MediaBrowser-Token') || given('api_key'),
    client: given('X-Emby-Client') || (named ?? ''),
  };
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  return request.headers[name.toLowerCase()]?.toString();
}

function parameter(url: URL, name: string): string | undefined {
  for (const [key, value] of url.searchParams) if (sameText(key, name)) return value;
  return undefined;
}

function json(value: object): Answer {
  return { status: 200, body: JSON.stringify(value) };
}

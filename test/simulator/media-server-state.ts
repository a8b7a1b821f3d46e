/** What the broker gave the server at E2 and the server keeps in its encrypted file. */
export interface ServerRegistration {
  readonly id: string;
  readonly accessKey: string;
}

/** The Connect side of a local user. Held from the moment of linking, also while the link waits (§2.3). */
interface ConnectLink {
  readonly userId: string;
  readonly userName: string;
  readonly accessKey: string;
  readonly type: 'LinkedUser' | 'Guest';
}

export interface LocalUser {
  readonly id: string;
  name: string;
  connect: ConnectLink | null;
  isHidden: boolean;
  isDisabled: boolean;
  libraries: 'all' | readonly string[];
  /** What the broker names as the guest's picture; a real server fetches it, this one never does. */
  imageUrl: string;
}

/** A guest who has not accepted yet. Its token already opens the server (W6). */
export interface PendingInvitation {
  readonly id: string;
  readonly connectUserId: string;
  readonly userName: string;
  readonly imageUrl: string;
  readonly accessToken: string;
  readonly libraries: readonly string[];
}

/** A local session, opened at the exchange (§3.7). */
interface LocalSession {
  readonly token: string;
  readonly localUserId: string;
  readonly client: string;
}

/** All that outlives a restart: plain JSON. */
export interface MediaServerState {
  readonly systemId: string;
  registration: ServerRegistration | null;
  users: LocalUser[];
  pending: PendingInvitation[];
  sessions: LocalSession[];
}

/** What the server's log would say. `failed` changed nothing and is retried at the next occasion. */
export type MediaServerEvent =
  | { readonly kind: 'registered'; readonly serverId: string }
  | { readonly kind: 'registration-rejected'; readonly serverId: string; readonly status: number }
  | {
      readonly kind: 'failed';
      readonly call: string;
      /** `null` when nobody answered or the fault is the server's own. */
      readonly status: number | null;
      readonly message: string;
    }
  | {
      readonly kind: 'unlinked' | 'guest-deleted' | 'guest-created' | 'guest-renamed' | 'key-adopted';
      readonly localUser: string;
      readonly connectUserId: string;
    };

/** Ids and keys are compared ignoring case, as the media server does (security.md, fact 5). */
export function sameText(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

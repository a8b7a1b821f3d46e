import type { Authorization } from './broker-client.js';
import { createLocalUser, removeLocalUser, validLocalName } from './local-users.js';
import {
  sameText,
  type LocalUser,
  type MediaServerEvent,
  type MediaServerState,
  type PendingInvitation,
} from './media-server-state.js';

type Note = (event: MediaServerEvent) => void;

/**
 * §3.3: takes the rows of E12 as the whole truth. A row that is missing unlinks, and deletes a guest (D2). Throws at the
 * first guest that cannot be created; what was done before stays done, the rest of the pass is not (D3).
 */
export function reconcile(state: MediaServerState, rows: readonly Authorization[], note: Note): void {
  for (const user of [...state.users]) followRow(state, user, rows, note);
  const guests = rows.filter(({ userType }) => sameText(userType, 'guest'));
  for (const row of guests) admitGuest(state, row, note);
  state.pending = guests
    .filter(({ acceptStatus }) => sameText(acceptStatus, 'waiting'))
    .map((row) => pendingInvitation(state, row));
  followGuestNames(state, rows, note);
}

function followRow(
  state: MediaServerState,
  user: LocalUser,
  rows: readonly Authorization[],
  note: Note,
): void {
  const link = user.connect;
  if (!link) return;
  const about = { localUser: user.name, connectUserId: link.userId };
  const row = rows.find(({ userId }) => sameText(userId, link.userId));
  if (!row) {
    user.connect = null;
    note({ kind: 'unlinked', ...about });
    if (link.type !== 'Guest') return;
    removeLocalUser(state, user);
    note({ kind: 'guest-deleted', ...about });
  } else if (!sameText(row.accessToken, link.accessKey)) {
    user.connect = { ...link, userId: row.userId, accessKey: row.accessToken };
    note({ kind: 'key-adopted', ...about });
  }
}

function admitGuest(state: MediaServerState, row: Authorization, note: Note): void {
  if (!sameText(row.acceptStatus, 'accepted')) return;
  if (state.users.some(({ connect }) => connect !== null && sameText(connect.userId, row.userId))) return;
  const user = createLocalUser(state, validLocalName(row.userName));
  user.connect = {
    userId: row.userId,
    userName: row.userName,
    accessKey: row.accessToken,
    type: 'Guest',
  };
  user.isHidden = true;
  user.imageUrl = row.userImageUrl;
  // Without a pending entry (a server that lost its file) the guest is not restricted.
  user.libraries = pendingOf(state, row)?.libraries ?? 'all';
  note({ kind: 'guest-created', localUser: user.name, connectUserId: row.userId });
}

/** The libraries chosen at the invitation are known to the server alone, so they are carried over. */
function pendingInvitation(state: MediaServerState, row: Authorization): PendingInvitation {
  return {
    id: row.id,
    connectUserId: row.userId,
    userName: row.userName,
    imageUrl: row.userImageUrl,
    accessToken: row.accessToken,
    libraries: pendingOf(state, row)?.libraries ?? [],
  };
}

function pendingOf(state: MediaServerState, row: Authorization): PendingInvitation | undefined {
  return state.pending.find(({ id }) => sameText(id, row.id));
}

/** Names of guests follow their accounts, without the rules that hold at creation. */
function followGuestNames(state: MediaServerState, rows: readonly Authorization[], note: Note): void {
  for (const user of state.users) {
    const link = user.connect;
    if (link?.type !== 'Guest') continue;
    const row = rows.find(({ userId }) => userId === link.userId);
    if (!row) continue;
    user.imageUrl = row.userImageUrl;
    if (sameText(row.userName, user.name)) continue;
    user.name = row.userName;
    note({ kind: 'guest-renamed', localUser: user.name, connectUserId: link.userId });
  }
}

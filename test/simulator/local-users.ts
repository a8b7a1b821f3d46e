import { randomBytes } from 'node:crypto';
import { sameText, type LocalUser, type MediaServerState } from './media-server-state.js';

/** The server's ids and tokens: a GUID without dashes. */
export function hex32(): string {
  return randomBytes(16).toString('hex');
}

/** What is left of a Connect name: letters, digits and `-`, `_`, `'`, `.` (§3.3). */
export function validLocalName(connectName: string): string {
  return connectName.replace(/[^\p{L}\p{Nd}\-_'.]/gu, '');
}

/** Creates a local user; an empty name, or one that is taken, throws (§3.3, D3). */
export function createLocalUser(state: MediaServerState, name: string): LocalUser {
  if (name.trim() === '') throw new Error('a local user needs a name');
  if (state.users.some((user) => sameText(user.name, name))) {
    throw new Error(`there is a local user named ${name} already`);
  }
  const user: LocalUser = {
    id: hex32(),
    name,
    connect: null,
    isHidden: false,
    isDisabled: false,
    libraries: 'all',
    imageUrl: '',
  };
  state.users.push(user);
  return user;
}

/** Removes a local user; the sessions die with the account (§3.9). */
export function removeLocalUser(state: MediaServerState, user: LocalUser): void {
  state.users = state.users.filter(({ id }) => id !== user.id);
  state.sessions = state.sessions.filter(({ localUserId }) => localUserId !== user.id);
}

/** Finds by id or by name; an unknown one is a mistake of the admin. */
export function localUser(state: MediaServerState, nameOrId: string): LocalUser {
  const found = state.users.find(({ id, name }) => id === nameOrId || sameText(name, nameOrId));
  if (!found) throw new Error(`there is no local user ${nameOrId}`);
  return found;
}

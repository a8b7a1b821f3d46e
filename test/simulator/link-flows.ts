import type { Authorization, BrokerClient } from './broker-client.js';
import { hex32, localUser, removeLocalUser } from './local-users.js';
import {
  sameText,
  type LocalUser,
  type MediaServerState,
  type ServerRegistration,
} from './media-server-state.js';
import { FailedCall } from './wire.js';

/** What the admin's flows need of the server. They run one at a time. */
export interface LinkDesk {
  readonly state: MediaServerState;
  readonly broker: BrokerClient;
  /** Throws `AdminRefusal` when the server has none. */
  registration(): ServerRegistration;
  /** E12 and §3.3; never throws. */
  refreshAuthorizations(): Promise<void>;
}

type Reason =
  | 'not-registered'
  | 'account-inactive'
  | 'already-linked'
  | 'sender-not-linked'
  | 'user-not-found'
  | 'not-pending';

/** The server says no to its admin before, or instead of, asking the broker. */
export class AdminRefusal extends Error {
  constructor(
    readonly reason: Reason,
    message: string,
  ) {
    super(message);
    this.name = 'AdminRefusal';
  }
}

export interface LinkResult {
  /** The person has to accept first. */
  readonly isPending: boolean;
}

export interface InviteResult extends LinkResult {
  /** E10 was sent: the person has no account yet, and no link exists. */
  readonly isNewUserInvitation: boolean;
  readonly guestDisplayName: string;
}

export interface Invitation {
  readonly nameOrEmail: string;
  readonly sendingLocalUser: string;
  readonly libraries: readonly string[];
}

/** What the server takes for an e-mail address, which decides about E10 (§3.6). */
const EMAIL = /^[\w.%+'-]+@[\w-]+(\.[\w-]+)+$/;

/** §3.2. Local state changes only after the broker agreed, and at once, also when the link waits (§2.3). */
export async function linkUser(desk: LinkDesk, nameOrId: string, nameOrEmail: string): Promise<LinkResult> {
  const registration = desk.registration();
  const account = await desk.broker.findUser(registration, nameOrEmail);
  if (!account.isActive) throw new AdminRefusal('account-inactive', 'The account is not active.');
  // The original looks at all local users, this one included: saving the same name twice is refused.
  const holder = desk.state.users.find(({ connect }) => connect?.userId === account.id);
  if (holder) throw new AdminRefusal('already-linked', `The account is linked to ${holder.name} already.`);
  const user = localUser(desk.state, nameOrId);
  if (user.connect) await unlinkUser(desk, user);
  const accessToken = hex32();
  const link = { userId: account.id, userType: 'Linked', accessToken } as const;
  const answer = await desk.broker.authorize(registration, link);
  user.connect = {
    userId: account.id,
    userName: account.name,
    accessKey: accessToken,
    type: 'LinkedUser',
  };
  await desk.refreshAuthorizations();
  return { isPending: isWaiting(answer) };
}

/** §3.6, with the branch for a person who has no account yet. */
export async function inviteGuest(desk: LinkDesk, invitation: Invitation): Promise<InviteResult> {
  const { nameOrEmail, libraries } = invitation;
  const registration = desk.registration();
  const requesterUserName = localUser(desk.state, invitation.sendingLocalUser).connect?.userName;
  if (requesterUserName === undefined) {
    throw new AdminRefusal('sender-not-linked', 'Who invites needs a Connect account.');
  }
  const account = await findGuest(desk, registration, nameOrEmail);
  if (!account) {
    await desk.broker.inviteNewcomer(nameOrEmail, requesterUserName);
    return { isPending: false, isNewUserInvitation: true, guestDisplayName: nameOrEmail };
  }
  const accessToken = hex32();
  const link = { userId: account.id, userType: 'Guest', accessToken, requesterUserName } as const;
  const answer = await desk.broker.authorize(registration, link);
  desk.state.pending.push({
    id: answer.id,
    connectUserId: answer.userId,
    userName: answer.userName,
    imageUrl: answer.userImageUrl,
    accessToken,
    libraries,
  });
  await desk.refreshAuthorizations();
  return { isPending: isWaiting(answer), isNewUserInvitation: false, guestDisplayName: account.name };
}

/** Cancels an invitation that waits (E13), then looks at the list (§3.3). */
export async function cancelInvitation(desk: LinkDesk, pendingId: string): Promise<void> {
  const pending = desk.state.pending.find(({ id }) => id === pendingId);
  if (!pending) throw new AdminRefusal('not-pending', `No invitation ${pendingId} is pending.`);
  await desk.broker.deleteAuthorization(desk.registration(), pending.connectUserId);
  await desk.refreshAuthorizations();
}

/** §3.9: an error other than 404 aborts, and the local link stays. */
export async function unlinkUser(desk: LinkDesk, user: LocalUser): Promise<void> {
  if (user.connect) await desk.broker.deleteAuthorization(desk.registration(), user.connect.userId);
  user.connect = null;
}

export async function deleteUser(desk: LinkDesk, user: LocalUser): Promise<void> {
  await unlinkUser(desk, user);
  removeLocalUser(desk.state, user);
}

/** The account, or `null` when nobody is there and an e-mail can be invited instead (E10). */
async function findGuest(
  desk: LinkDesk,
  registration: ServerRegistration,
  nameOrEmail: string,
): Promise<{ id: string; name: string } | null> {
  try {
    const account = await desk.broker.findUser(registration, nameOrEmail);
    if (!account.isActive) throw new AdminRefusal('account-inactive', 'The account is not active.');
    return account;
  } catch (error) {
    if (!(error instanceof FailedCall && error.status === 404)) throw error;
    if (!EMAIL.test(nameOrEmail)) throw new AdminRefusal('user-not-found', `There is no ${nameOrEmail}.`);
    return null;
  }
}

function isWaiting({ acceptStatus }: Authorization): boolean {
  return sameText(acceptStatus, 'waiting');
}

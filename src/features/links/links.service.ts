import { Injectable } from '@nestjs/common';
import { digestOf } from '../../platform/crypto/digest.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Clock } from '../../shared/clock.js';
import { DomainError } from '../../shared/domain-error.js';
import type { AccountId, LinkId, ServerId } from '../../shared/ids.js';
import { soon, type Soon } from '../../shared/soon.js';
import { AuditTrail, type AuditKind } from '../audit/index.js';
import type { Server } from '../servers/index.js';
import { LinkKeys } from './link-keys.js';
import type { LinkOfServer } from './link-requests.service.js';
import {
  accepted,
  answerSpent,
  endedByAccount,
  linkUnknown,
  type AcceptedLink,
  type EndState,
  type Link,
} from './link.js';
import { measuredRead } from './link-metrics.js';
import { acceptedIn, type LinkRows, type StoredAcceptedLink, type StoredLinkOfAccount } from './link-rows.js';
import { LinksRepository } from './links.repository.js';

/** A link that waits for the person's answer. No key and no address: the key already works at the server (W6). */
export interface WaitingInvitation {
  readonly link: Link;
  readonly server: Pick<Server, 'id' | 'name' | 'systemId'>;
  /** Host of the server's public address, to recognise it by. */
  readonly serverHost: string;
  /** A server that the person uses already and that this one claims to be: set up anew, or an impostor (S-72). */
  readonly twin: KnownServer | null;
}

/** What people recognise a server by. */
interface KnownServer extends Pick<Server, 'id' | 'name'> {
  readonly serverHost: string;
}

/** What a person can say to an invitation. `replace`: yes, and the link to its twin ends (S-72). */
type InvitationAnswer = 'accept' | 'decline' | 'block' | 'replace';

/** An accepted link with all that a device needs. */
export interface UsableLink {
  readonly link: AcceptedLink;
  readonly server: Server;
  readonly key: string;
}

/** How a person names one of the own links. */
type ChosenLink = { readonly serverId: ServerId } | { readonly linkId: LinkId };

/** Which account may use which server as whom: lists, answers, ends. */
@Injectable()
export class LinksService {
  constructor(
    private readonly links: LinksRepository,
    private readonly keys: LinkKeys,
    private readonly audit: AuditTrail,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /**
   * Everything a server must know, waiting and accepted. Complete or an error: a server deletes guests that are
   * missing (product rule 2).
   */
  ofServer(serverId: ServerId): Soon<LinkOfServer[]> {
    return measuredRead('server', () =>
      soon(this.links.ofServer(serverId, this.clock.now()), (rows) =>
        rows.map(({ link, account, sealedKey }) => ({ link, account, key: this.keys.open(sealedKey, link) })),
      ),
    );
  }

  /** What an account's devices may use, as committed; at once on SQLite. Complete or an error. */
  usableBy(accountId: AccountId): Soon<UsableLink[]> {
    return measuredRead('account', () => soon(this.links.acceptedOf(accountId), this.#usable));
  }

  /** The same of what was read with something else (`acceptedLinksOf`). @param since when it was asked for */
  usableIn(rows: LinkRows, accountId: AccountId, since: number): Soon<UsableLink[]> {
    return measuredRead('account', () => this.#usable(acceptedIn(rows, accountId)), since);
  }

  readonly #usable = (rows: readonly StoredAcceptedLink[]): UsableLink[] =>
    rows.map(({ link, server, sealedKey }) => ({ link, server, key: this.keys.open(sealedKey, link) }));

  /** Accounts that have an accepted link, in an order that does not change; the first `most` after one. */
  accountsAfter(accountId: AccountId | '', most: number): Promise<AccountId[]> {
    return this.links.accountsAfter(accountId, most);
  }

  async waitingFor(accountId: AccountId): Promise<WaitingInvitation[]> {
    const rows = await this.links.ofAccount(accountId, this.clock.now());
    const waiting = rows.filter(({ link }) => link.state === 'waiting');
    return waiting.map((row) => invitationOf(row, twinOf(row, rows)));
  }

  /** One of them. @throws DomainError not-found: answered, withdrawn, lapsed, somebody else's (S-61) */
  async getInvitation(accountId: AccountId, linkId: string): Promise<WaitingInvitation> {
    const invitation = (await this.waitingFor(accountId)).find(({ link }) => link.id === linkId);
    if (!invitation) throw linkUnknown();
    return invitation;
  }

  /**
   * The signed-in person answers one of their own invitations.
   *
   * @returns what was answered
   * @throws DomainError as `getInvitation` and `accept`
   */
  async answerOwn(
    accountId: AccountId,
    linkId: string,
    answer: InvitationAnswer,
  ): Promise<WaitingInvitation> {
    return this.unitOfWork.run(async () => {
      await this.unitOfWork.exclusive(`links of account ${accountId}`);
      const invitation = await this.getInvitation(accountId, linkId);
      await this.#carryOut(answer, invitation.link);
      return invitation;
    });
  }

  /**
   * The person says yes.
   *
   * @throws DomainError not-found, or conflict `server-linked-already` when another server with the same systemId is
   * linked: an old registration, or an impostor (S-72)
   */
  async accept(accountId: AccountId, which: ChosenLink): Promise<void> {
    await this.unitOfWork.runJoined(async () => {
      await this.unitOfWork.exclusive(`links of account ${accountId}`);
      // Else the server could change its systemId between this look at it and the end (S-72).
      await this.unitOfWork.exclusive(`links of server ${await this.#serverOf(accountId, which)}`);
      const mine = await this.links.ofAccount(accountId, this.clock.now());
      const chosen = chosenOf(which, mine);
      refuseTwins(chosen, mine);
      if (chosen.link.state === 'accepted') return;
      await this.links.accept(accepted(chosen.link, this.clock.now()));
      await this.#record('link-accepted', chosen);
    });
  }

  /**
   * The person says yes to a server that claims the systemId of one that is linked already: the old link ends first, in
   * the same unit of work. A separate act, which the person must confirm (S-72).
   *
   * @throws DomainError not-found
   */
  async replace(accountId: AccountId, linkId: LinkId): Promise<void> {
    await this.unitOfWork.run(async () => {
      await this.unitOfWork.exclusive(`links of account ${accountId}`);
      const mine = await this.links.ofAccount(accountId, this.clock.now());
      const chosen = mine.find(({ link }) => link.id === linkId);
      if (!chosen) throw linkUnknown();
      const twin = twinOf(chosen, mine);
      if (twin) await this.#end(twin.link.serverId, accountId, endedByAccount);
      await this.accept(accountId, { linkId });
    });
  }

  /** The person wants nothing from this server: its waiting link ends, and it cannot ask again (W9). */
  async block(accountId: AccountId, serverId: ServerId): Promise<void> {
    await this.unitOfWork.run(async () => {
      const now = this.clock.now();
      await this.links.block(serverId, accountId, now);
      const found = await this.#find(serverId, accountId);
      if (found) await this.#end(serverId, accountId, endedByAccount);
      const detail = found?.server.name ?? '';
      await this.audit.record({ kind: 'server-blocked', outcome: 'ok', accountId, serverId, detail });
    });
  }

  /** The person leaves a server. @throws DomainError not-found: not accepted, ended, somebody else's (S-61) */
  async leave(accountId: AccountId, linkId: LinkId): Promise<void> {
    await this.unitOfWork.run(async () => {
      const { link } = chosenOf({ linkId }, await this.links.ofAccount(accountId, this.clock.now()));
      if (link.state !== 'accepted') throw linkUnknown();
      await this.#end(link.serverId, accountId, endedByAccount);
    });
  }

  /** The person says no, or leaves. @throws DomainError not-found */
  async endByAccount(accountId: AccountId, serverId: ServerId): Promise<void> {
    await this.#end(serverId, accountId, endedByAccount);
  }

  /** The server withdraws, unlinks or cancels. @throws DomainError not-found */
  async endByServer(serverId: ServerId, accountId: AccountId): Promise<void> {
    await this.#end(serverId, accountId, () => 'revoked');
  }

  /** The invitation behind the link in a mail, or null: answered, withdrawn, lapsed, never there (S-34). */
  async findByAnswerToken(token: string): Promise<WaitingInvitation | null> {
    const link = await this.links.findByAnswer(digestOf(token), this.clock.now());
    if (link?.state !== 'waiting') return null;
    const mine = await this.waitingFor(link.accountId);
    return mine.find((invitation) => invitation.link.id === link.id) ?? null;
  }

  /**
   * The person answers through the link in a mail. Decided and done in one go, so that of two answers one counts.
   *
   * @returns what was answered
   * @throws DomainError gone `answer-spent` (one answer for all reasons, S-34), and what `accept` throws
   */
  async answer(token: string, answer: 'accept' | 'decline' | 'block'): Promise<WaitingInvitation> {
    return this.unitOfWork.run(async () => {
      const asked = await this.findByAnswerToken(token);
      if (!asked) throw answerSpent();
      await this.unitOfWork.exclusive(`links of account ${asked.link.accountId}`);
      const invitation = await this.findByAnswerToken(token);
      if (!invitation) throw answerSpent();
      await this.#carryOut(answer, invitation.link);
      return invitation;
    });
  }

  /** From which servers the person wants nothing more (W9). */
  blockedBy(accountId: AccountId): Promise<{ serverId: ServerId; blockedAt: number }[]> {
    return this.links.blockedBy(accountId);
  }

  async endLapsed(): Promise<void> {
    await this.unitOfWork.run(() => this.links.endLapsed(this.clock.now()));
  }

  async #serverOf(accountId: AccountId, which: ChosenLink): Promise<ServerId> {
    if ('serverId' in which) return which.serverId;
    return chosenOf(which, await this.links.ofAccount(accountId, this.clock.now())).link.serverId;
  }

  #carryOut(answer: InvitationAnswer, { id: linkId, accountId, serverId }: Link): Promise<void> {
    switch (answer) {
      case 'accept':
        return this.accept(accountId, { linkId });
      case 'replace':
        return this.replace(accountId, linkId);
      case 'block':
        return this.block(accountId, serverId);
      case 'decline':
        return this.#end(serverId, accountId, endedByAccount);
    }
  }

  /** With the name of the server: people read their own history (S-132). */
  #record(kind: AuditKind, { link, server }: StoredLinkOfAccount): Promise<void> {
    const { accountId, serverId } = link;
    return this.audit.record({ kind, outcome: 'ok', accountId, serverId, detail: server.name });
  }

  async #find(serverId: ServerId, accountId: AccountId): Promise<StoredLinkOfAccount | undefined> {
    const mine = await this.links.ofAccount(accountId, this.clock.now());
    return mine.find(({ link }) => link.serverId === serverId);
  }

  async #end(serverId: ServerId, accountId: AccountId, how: (link: Link) => EndState): Promise<void> {
    await this.unitOfWork.run(async () => {
      const now = this.clock.now();
      const found = await this.#find(serverId, accountId);
      const state = found && how(found.link);
      if (!state || !(await this.links.end(found.link, state, now))) throw linkUnknown();
      await this.#record(state === 'rejected' ? 'link-rejected' : 'link-revoked', found);
    });
  }
}

/** @throws DomainError not-found */
function chosenOf(which: ChosenLink, mine: readonly StoredLinkOfAccount[]): StoredLinkOfAccount {
  const chosen = mine.find(({ link }) =>
    'linkId' in which ? link.id === which.linkId : link.serverId === which.serverId,
  );
  if (!chosen) throw linkUnknown();
  return chosen;
}

/** Another accepted link of the account to a server that says it is the same one (S-72). */
function twinOf(
  chosen: StoredLinkOfAccount,
  mine: readonly StoredLinkOfAccount[],
): StoredLinkOfAccount | undefined {
  return mine.find(
    ({ link, server }) =>
      link.state === 'accepted' && link.id !== chosen.link.id && sameSystem(server, chosen.server),
  );
}

function refuseTwins(chosen: StoredLinkOfAccount, mine: readonly StoredLinkOfAccount[]): void {
  if (!twinOf(chosen, mine)) return;
  throw new DomainError(
    'conflict',
    'server-linked-already',
    'You are linked to a server with this system id already. If that server was set up anew, leave the old entry first; ' +
      'if not, somebody may pretend to be it.',
  );
}

/** Ignoring case, as many clients compare: a copy in capitals would be taken for the original (S-72). */
function sameSystem(one: Server, other: Server): boolean {
  return one.systemId.toLowerCase() === other.systemId.toLowerCase();
}

function invitationOf(
  { link, server }: StoredLinkOfAccount,
  twin: StoredLinkOfAccount | undefined,
): WaitingInvitation {
  const { id, name, systemId } = server;
  const known = twin && { id: twin.server.id, name: twin.server.name, serverHost: hostOf(twin.server) };
  return { link, server: { id, name, systemId }, serverHost: hostOf(server), twin: known ?? null };
}

function hostOf({ url }: Server): string {
  return new URL(url).host;
}

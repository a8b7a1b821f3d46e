import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { digestOf } from '../../platform/crypto/digest.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Clock, DAY } from '../../shared/clock.js';
import { DomainError } from '../../shared/domain-error.js';
import type { AccountId, LinkId, ServerId } from '../../shared/ids.js';
import { Random } from '../../shared/random.js';
import { AccountsService, isActive, userName, type Account } from '../accounts/index.js';
import { AuditTrail } from '../audit/index.js';
import { MailOutbox } from '../mail/index.js';
import { ServersService, type Server } from '../servers/index.js';
import { LinkKeys } from './link-keys.js';
import { suspended, type Link, type LinkKind, type WaitingLink } from './link.js';
import type { StoredLink } from './link-rows.js';
import { LinksRepository } from './links.repository.js';

/** What a server asks for. */
export interface LinkRequest {
  readonly accountId: AccountId;
  readonly kind: LinkKind;
  /** The link key that the server made. */
  readonly key: string;
  /** User name of the inviting admin, as the server claims. */
  readonly requester: string | undefined;
}

/** A link as the server that asked for it sees it. */
export interface LinkOfServer {
  readonly link: Link;
  readonly account: Account;
  readonly key: string;
}

/** How links come to be: a server asks, the person is told by mail. */
@Injectable()
export class LinkRequestsService {
  constructor(
    private readonly links: LinksRepository,
    private readonly keys: LinkKeys,
    private readonly accounts: AccountsService,
    private readonly servers: ServersService,
    private readonly outbox: MailOutbox,
    private readonly audit: AuditTrail,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly config: Config,
  ) {}

  /**
   * Creates a link, or gives an existing one of the same server and account a new key. A new link waits, whatever the
   * server says (S-63); one that the person had accepted stays accepted (protocol document, 2.3).
   *
   * @throws DomainError invalid, not-found `account-unknown`, conflict (`account-not-active`, `link-key-used`,
   * `too-many-links`)
   */
  async request(server: Server, request: LinkRequest): Promise<LinkOfServer> {
    this.keys.checked(request.key);
    if (request.requester !== undefined) userName(request.requester);
    return this.unitOfWork.run(() => this.#request(server, request));
  }

  /**
   * A server changed its systemId: its accepted links wait for a new yes, and the people are asked (S-72). Inside a
   * unit of work. The links stay in the server's own list.
   */
  async askAgain(serverId: ServerId): Promise<void> {
    await this.unitOfWork.exclusive(`links of server ${serverId}`);
    const server = await this.servers.find(serverId);
    for (const { link, account } of await this.links.ofServer(serverId, this.clock.now())) {
      if (link.state !== 'accepted' || !server) continue;
      const token = this.random.hex(32);
      const waiting = suspended(link);
      await this.links.change(waiting, { answerDigest: digestOf(token) });
      await this.#askPerson(waiting, server, account, token);
    }
  }

  async #request(server: Server, request: LinkRequest): Promise<LinkOfServer> {
    await this.unitOfWork.exclusive(`links of account ${request.accountId}`);
    await this.unitOfWork.exclusive(`links of server ${server.id}`);
    const account = await this.#linkable(request.accountId);
    await this.#refuseBlocked(server, account);
    const now = this.clock.now();
    // Also those of others: they are in no list any more, so they must not count against the limits (S-122).
    await this.links.endLapsed(now, { serverId: server.id });
    await this.links.endLapsed(now, { accountId: account.id });
    const existing = await this.links.find(server.id, account.id, now);
    await this.#refuseUsedKey(server, request.key, existing);
    const requester = await this.#provenRequester(server, request.requester);
    const { kind, key } = request;
    const link = existing
      ? await this.#rekey(existing.link, { kind, requester, key })
      : await this.#create(server, account, { kind, requester, key });
    return { link, account, key };
  }

  async #linkable(accountId: AccountId): Promise<Account> {
    const account = await this.accounts.find(accountId);
    if (!account) throw new DomainError('not-found', 'account-unknown', 'There is no such user.');
    if (!isActive(account)) {
      throw new DomainError('conflict', 'account-not-active', 'This account is not active (yet).');
    }
    return account;
  }

  async #refuseBlocked(server: Server, account: Account): Promise<void> {
    if (!(await this.links.isBlocked(server.id, account.id))) return;
    throw new DomainError('forbidden', 'server-blocked', 'This person does not want links from this server.');
  }

  async #refuseUsedKey(server: Server, key: string, existing: StoredLink | null): Promise<void> {
    const holder = await this.links.findIdByKeyMac(server.id, this.keys.mac(server.id, key));
    if (holder !== null && holder !== existing?.link.id) {
      throw new DomainError(
        'conflict',
        'link-key-used',
        'This access token was used before: make a new one.',
      );
    }
  }

  /** A name is only shown if it is true: the admin holds an accepted link to this very server (W8, W9). */
  async #provenRequester(server: Server, claimed: string | undefined): Promise<string | null> {
    const admin = claimed === undefined ? null : await this.accounts.findByIdentifier(claimed);
    return admin && (await this.links.hasAccepted(server.id, admin.id)) ? admin.userName : null;
  }

  async #rekey(link: Link, change: { kind: LinkKind; requester: string | null; key: string }): Promise<Link> {
    const { kind, requester, key } = change;
    // Asked for again: the person has the full time to answer again.
    const expiresAt = link.expiresAt === null ? null : this.clock.now() + this.config.linkWaitingTtl;
    const changed = { ...link, kind, requester, expiresAt } as Link;
    const keyMac = this.keys.mac(link.serverId, key);
    await this.links.retireKey(link, keyMac, { id: this.random.hex(16) as LinkId, at: this.clock.now() });
    await this.links.change(changed, { sealedKey: this.keys.seal(key, link), keyMac });
    return changed;
  }

  async #create(
    server: Server,
    account: Account,
    { kind, requester, key }: { kind: LinkKind; requester: string | null; key: string },
  ): Promise<Link> {
    await this.#refuseTooMany(server, account);
    const now = this.clock.now();
    const link: WaitingLink = {
      id: this.random.hex(16) as LinkId,
      serverId: server.id,
      accountId: account.id,
      kind,
      requester,
      state: 'waiting',
      createdAt: now,
      acceptedAt: null,
      expiresAt: now + this.config.linkWaitingTtl,
    };
    const token = this.random.hex(32);
    await this.links.add(link, {
      sealedKey: this.keys.seal(key, link),
      keyMac: this.keys.mac(server.id, key),
      answerDigest: digestOf(token),
    });
    await this.#askPerson(link, server, account, token);
    const whose = { accountId: account.id, serverId: server.id };
    await this.audit.record({ kind: 'link-asked', outcome: 'ok', ...whose, detail: server.name });
    return link;
  }

  /** Lists are never paged, so what would make them too long is refused where it begins (S-122). */
  async #refuseTooMany(server: Server, account: Account): Promise<void> {
    const { linksPerServer, serversPerAccount } = this.config;
    if ((await this.links.countOfServer(server.id)) >= linksPerServer) {
      throw new DomainError(
        'conflict',
        'too-many-links',
        `A server can have at most ${linksPerServer} links.`,
      );
    }
    if ((await this.links.countOfAccount(account.id)) >= serversPerAccount) {
      throw new DomainError(
        'conflict',
        'too-many-links',
        `An account can have at most ${serversPerAccount} servers.`,
      );
    }
  }

  /** Mails the question; too many in a day, and further links wait silently (W9). */
  async #askPerson(link: WaitingLink, server: Server, account: Account, token: string): Promise<void> {
    const since = this.clock.now() - DAY;
    const mailed = await this.outbox.countSince('link-waiting', account.email, since);
    if (mailed >= this.config.linkMailsAccountDay) return;
    const { name: serverName, systemId } = server;
    const { kind: linkKind, requester } = link;
    const serverHost = new URL(server.url).host;
    const mail = { userName: account.userName, serverName, serverHost, systemId, linkKind, requester, token };
    await this.outbox.post({ kind: 'link-waiting', ...mail }, account.email, link.expiresAt ?? undefined);
  }
}

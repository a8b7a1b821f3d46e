import { Injectable } from '@nestjs/common';
import { IsNull, LessThanOrEqual, type SelectQueryBuilder } from 'typeorm';
import { Changes } from '../../platform/changes/changes.js';
import type { LookUp, Statement } from '../../platform/database/look-up.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { AccountId, LinkId, ServerId } from '../../shared/ids.js';
import { soon, type Soon } from '../../shared/soon.js';
import { hasLapsed, type AcceptedLink, type EndState, type Link } from './link.js';
import {
  ACCEPT,
  ACCEPTED_OF_ACCOUNT,
  ACCOUNTS_AFTER,
  linksIn,
  linksOfServerIn,
  LIVE_OF_ACCOUNT,
  LIVE_OF_SERVER,
  type StoredAcceptedLink,
  type StoredLink,
  type StoredLinkOfAccount,
  type StoredLinkOfServer,
} from './link-rows.js';
import { BlockedServerEntity } from './blocked-server.entity.js';
import { LinkEntity } from './link.entity.js';

interface NewLink {
  readonly sealedKey: string;
  readonly keyMac: string;
  readonly answerDigest: string | null;
}

/**
 * Links, without those that ended or lapsed. Each list is one statement, so one snapshot: complete or an error.
 */
@Injectable()
export class LinksRepository {
  readonly #acceptedOfAccount: LookUp;
  readonly #liveOfAccount: LookUp;
  readonly #liveOfServer: LookUp;
  readonly #accounts: Statement;
  readonly #writeAccepted: Statement;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly changes: Changes,
  ) {
    this.#acceptedOfAccount = unitOfWork.prepare(ACCEPTED_OF_ACCOUNT);
    this.#liveOfAccount = unitOfWork.prepare(LIVE_OF_ACCOUNT);
    this.#liveOfServer = unitOfWork.prepare(LIVE_OF_SERVER);
    this.#accounts = unitOfWork.question(ACCOUNTS_AFTER);
    this.#writeAccepted = unitOfWork.statement(ACCEPT);
  }

  /** All of a server's links. Oldest first. At once on SQLite. */
  ofServer(serverId: ServerId, now: number): Soon<StoredLinkOfServer[]> {
    return soon(this.#liveOfServer(serverId), (json) =>
      linksOfServerIn(json, serverId).filter(({ link }) => !hasLapsed(link, now)),
    );
  }

  /** All of an account's links. Oldest first. At once on SQLite. */
  ofAccount(accountId: AccountId, now: number): Soon<StoredLinkOfAccount[]> {
    return soon(this.#liveOfAccount(accountId), (json) =>
      linksIn(json, accountId).filter(({ link }) => !hasLapsed(link, now)),
    );
  }

  /** The accepted ones: what devices ask for all day. Oldest first. At once on SQLite. */
  acceptedOf(accountId: AccountId): Soon<StoredAcceptedLink[]> {
    return soon(
      this.#acceptedOfAccount(accountId),
      (json) => linksIn(json, accountId) as StoredAcceptedLink[],
    );
  }

  /** Accounts with an accepted link, in the order of their ids as texts. */
  async accountsAfter(accountId: AccountId | '', most: number): Promise<AccountId[]> {
    const rows = (await this.#accounts([accountId, most])) as readonly { account_id: AccountId }[];
    return rows.map((row) => row.account_id);
  }

  async find(serverId: ServerId, accountId: AccountId, now: number): Promise<StoredLink | null> {
    const query = this.#live(now).andWhere('link.serverId = :serverId AND link.accountId = :accountId');
    const row = await query.setParameters({ serverId, accountId }).getOne();
    return row && stored(row);
  }

  async findById(id: LinkId, now: number): Promise<Link | null> {
    const row = await this.#live(now).andWhere('link.id = :id', { id }).getOne();
    return row && stored(row).link;
  }

  async findByAnswer(answerDigest: string, now: number): Promise<Link | null> {
    const row = await this.#live(now)
      .andWhere('link.answerDigest = :answerDigest', { answerDigest })
      .getOne();
    return row && stored(row).link;
  }

  countOfServer(serverId: ServerId): Promise<number> {
    return this.unitOfWork.reading.countBy(LinkEntity, { serverId, endedAt: IsNull() });
  }

  countOfAccount(accountId: AccountId): Promise<number> {
    return this.unitOfWork.reading.countBy(LinkEntity, { accountId, endedAt: IsNull() });
  }

  hasAccepted(serverId: ServerId, accountId?: AccountId): Promise<boolean> {
    const where = { serverId, state: 'accepted' as const, ...(accountId === undefined ? {} : { accountId }) };
    return this.unitOfWork.reading.existsBy(LinkEntity, where);
  }

  /** The link, ended or not, for which this server gave that key. */
  async findIdByKeyMac(serverId: ServerId, keyMac: string): Promise<LinkId | null> {
    const row = await this.unitOfWork.reading.findOneBy(LinkEntity, { serverId, keyMac });
    return row?.id ?? null;
  }

  isBlocked(serverId: ServerId, accountId: AccountId): Promise<boolean> {
    return this.unitOfWork.reading.existsBy(BlockedServerEntity, { serverId, accountId });
  }

  /** The servers from which the person wants nothing more. */
  async blockedBy(accountId: AccountId): Promise<{ serverId: ServerId; blockedAt: number }[]> {
    return this.unitOfWork.reading.find(BlockedServerEntity, {
      where: { accountId },
      order: { blockedAt: 'ASC', serverId: 'ASC' },
    });
  }

  async block(serverId: ServerId, accountId: AccountId, blockedAt: number): Promise<void> {
    await this.unitOfWork.writing.upsert(BlockedServerEntity, { serverId, accountId, blockedAt }, [
      'accountId',
      'serverId',
    ]);
  }

  async add(link: Link, more: NewLink): Promise<void> {
    await this.unitOfWork.writing.insert(LinkEntity, { ...link, ...more, endedAt: null });
    this.changes.note('account', link.accountId);
  }

  /** Says yes for the person; whatever mail asked for it is answered. */
  async accept({ id, accountId, acceptedAt }: AcceptedLink): Promise<void> {
    await this.#writeAccepted([acceptedAt, id]);
    this.changes.note('account', accountId);
  }

  async change(link: Link, more: Partial<NewLink> = {}): Promise<void> {
    const { id, kind, state, requester, acceptedAt, expiresAt } = link;
    const changes = { kind, state, requester, acceptedAt, expiresAt, ...more };
    await this.unitOfWork.writing.update(LinkEntity, { id, endedAt: IsNull() }, changes);
    this.changes.note('account', link.accountId);
  }

  /** Remembers, without the key itself, that a link had another key before, so that no link gets it again (S-52). */
  async retireKey(
    link: Link,
    newKeyMac: string,
    tombstone: { readonly id: LinkId; readonly at: number },
  ): Promise<void> {
    const row = await this.unitOfWork.reading.findOneBy(LinkEntity, { id: link.id });
    if (!row || row.keyMac === newKeyMac) return;
    // The live link lets go of the old key first: both rows are of the same server.
    await this.unitOfWork.writing.update(LinkEntity, { id: link.id }, { keyMac: newKeyMac });
    const ended = { state: 'revoked' as const, endedAt: tombstone.at, sealedKey: null, answerDigest: null };
    await this.unitOfWork.writing.insert(LinkEntity, Object.assign({}, row, ended, { id: tombstone.id }));
    this.changes.note('account', link.accountId);
  }

  /** Ends a link and forgets its key. @returns false if it had ended */
  async end({ id, accountId }: Link, state: EndState, endedAt: number): Promise<boolean> {
    const changes = { state, endedAt, sealedKey: null, answerDigest: null };
    const result = await this.unitOfWork.writing.update(LinkEntity, { id, endedAt: IsNull() }, changes);
    this.changes.note('account', accountId);
    return result.affected === 1;
  }

  /** Writes down what has lapsed already. */
  async endLapsed(now: number, of: { serverId?: ServerId; accountId?: AccountId } = {}): Promise<void> {
    const lapsed = { ...of, endedAt: IsNull(), expiresAt: LessThanOrEqual(now) };
    const select = { id: true, accountId: true } as const;
    const concerned = await this.unitOfWork.writing.find(LinkEntity, { where: lapsed, select });
    if (concerned.length === 0) return;
    const changes = { state: 'expired' as const, endedAt: now, sealedKey: null, answerDigest: null };
    await this.unitOfWork.writing.update(LinkEntity, lapsed, changes);
    for (const { accountId } of concerned) this.changes.note('account', accountId);
  }

  #live(now: number): SelectQueryBuilder<LinkEntity> {
    return this.unitOfWork.reading
      .createQueryBuilder(LinkEntity, 'link')
      .where('link.endedAt IS NULL AND (link.expiresAt IS NULL OR link.expiresAt > :now)', { now })
      .orderBy('link.createdAt')
      .addOrderBy('link.id');
  }
}

/** The database holds what the domain wrote: a live row is a Link. */
function stored({ sealedKey, keyMac, answerDigest, endedAt, ...link }: LinkEntity): StoredLink {
  return { link: link as Link, sealedKey };
}

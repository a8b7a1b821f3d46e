import { Injectable } from '@nestjs/common';
import { IsNull, LessThanOrEqual, type SelectQueryBuilder } from 'typeorm';
import { Changes } from '../../platform/changes/changes.js';
import type { LookUp } from '../../platform/database/look-up.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { AccountId, LinkId, ServerId } from '../../shared/ids.js';
import { soon, type Soon } from '../../shared/soon.js';
import type { Account } from '../accounts/index.js';
import type { Server } from '../servers/index.js';
import type { AcceptedLink, EndState, Link, LinkKind } from './link.js';
import { BlockedServerEntity } from './blocked-server.entity.js';
import { LinkEntity } from './link.entity.js';

/** A link with its key as stored, and who stands at the other end. */
export interface StoredLink {
  readonly link: Link;
  readonly sealedKey: string | null;
}
export type StoredLinkOfServer = StoredLink & { readonly account: Account };
export type StoredLinkOfAccount = StoredLink & { readonly server: Server };

interface NewLink {
  readonly sealedKey: string;
  readonly keyMac: string;
  readonly answerDigest: string | null;
}

/** All that a device needs of its account's accepted links: one statement, so one snapshot. */
const ACCEPTED_OF_ACCOUNT = `
  SELECT l.account_id, json_group_array(json_array(l.id, l.kind, l.requester, l.created_at, l.accepted_at, l.sealed_key,
    s.id, s.system_id, s.name, s.url, s.local_address, s.network, s.created_at, s.heard_at)) AS found
  FROM links l JOIN servers s ON s.id = l.server_id
  WHERE l.account_id = $1 AND l.ended_at IS NULL AND l.state = 'accepted'
  GROUP BY l.account_id`;

/** The columns of that, in their order. */
type AcceptedRow = readonly [
  id: LinkId,
  kind: LinkKind,
  requester: string | null,
  createdAt: number,
  acceptedAt: number,
  sealedKey: string | null,
  serverId: ServerId,
  systemId: string,
  name: string,
  url: string,
  localAddress: string,
  network: string,
  registeredAt: number,
  heardAt: number,
];

export interface StoredAcceptedLink {
  readonly link: AcceptedLink;
  readonly server: Server;
  readonly sealedKey: string | null;
}

/**
 * Links, without those that ended or lapsed. Each list is one statement, so one snapshot: complete or an error.
 */
@Injectable()
export class LinksRepository {
  readonly #acceptedOfAccount: LookUp;

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly changes: Changes,
  ) {
    this.#acceptedOfAccount = unitOfWork.prepare(ACCEPTED_OF_ACCOUNT);
  }

  /** All of a server's links. Oldest first. */
  async ofServer(serverId: ServerId, now: number): Promise<StoredLinkOfServer[]> {
    const query = this.#live(now).andWhere('link.serverId = :serverId', { serverId });
    query.innerJoinAndMapOne('link.account', 'AccountEntity', 'account', 'account.id = link.accountId');
    const rows = (await query.getMany()) as (LinkEntity & { account: Account })[];
    return rows.map((row) => ({ ...stored(row), account: row.account }));
  }

  /** All of an account's links. Oldest first. */
  async ofAccount(accountId: AccountId, now: number): Promise<StoredLinkOfAccount[]> {
    const query = this.#live(now).andWhere('link.accountId = :accountId', { accountId });
    query.innerJoinAndMapOne('link.server', 'ServerEntity', 'server', 'server.id = link.serverId');
    const rows = (await query.getMany()) as (LinkEntity & { server: Server })[];
    return rows.map((row) => ({ ...stored(row), server: row.server }));
  }

  /** The accepted ones, outside every unit of work: what devices ask for all day. Oldest first. */
  acceptedOf(accountId: AccountId): Soon<StoredAcceptedLink[]> {
    return soon(this.#acceptedOfAccount(accountId), (json = '[]') =>
      (JSON.parse(json) as readonly AcceptedRow[])
        .map((row) => acceptedLink(row, accountId))
        .sort((one, other) => inOrder(one.link, other.link)),
    );
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

function acceptedLink(row: AcceptedRow, accountId: AccountId): StoredAcceptedLink {
  const [id, kind, requester, createdAt, acceptedAt, sealedKey, ...more] = row;
  const [serverId, systemId, name, url, localAddress, network, registeredAt, heardAt] = more;
  return {
    link: {
      id,
      serverId,
      accountId,
      kind,
      requester,
      state: 'accepted',
      createdAt,
      acceptedAt,
      expiresAt: null,
    },
    server: { id: serverId, systemId, name, url, localAddress, network, createdAt: registeredAt, heardAt },
    sealedKey,
  };
}

/** Oldest first; of the same moment in some order, which is always the same. */
function inOrder(one: Link, other: Link): number {
  return one.createdAt - other.createdAt || (one.id < other.id ? -1 : 1);
}

/** The database holds what the domain wrote: a live row is a Link. */
function stored({ sealedKey, keyMac, answerDigest, endedAt, ...link }: LinkEntity): StoredLink {
  return { link: link as Link, sealedKey };
}

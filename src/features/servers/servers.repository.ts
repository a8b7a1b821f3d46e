import { Injectable } from '@nestjs/common';
import { Changes } from '../../platform/changes/changes.js';
import type { LookUp, Statement } from '../../platform/database/look-up.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import type { ServerId } from '../../shared/ids.js';
import { soon, type Soon } from '../../shared/soon.js';
import type { Server, ServerWithDigest } from './server.js';

const COLUMNS = 'system_id, name, url, local_address, network, created_at, heard_at';
const BY_ID = `SELECT id, json_array(key_digest, ${COLUMNS}) AS found FROM servers WHERE id = $1`;
const BY_KEY = `SELECT key_digest, json_array(id, ${COLUMNS}) AS found FROM servers WHERE key_digest = $1`;

/** What is found, in its order: first the one of id and digest that was not asked for. */
type ServerRow = readonly [
  other: string,
  systemId: string,
  name: string,
  url: string,
  localAddress: string,
  network: string,
  createdAt: number,
  heardAt: number,
];

const ADD = `
  INSERT INTO servers (id, key_digest, key_prefix, ${COLUMNS})
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`;
const NEWS = `
  UPDATE servers SET name = $1, url = $2, local_address = $3, network = $4, heard_at = $5
  WHERE id = $6`;
/** By itself, for it seldom changes: SQLite writes the index of a column whenever a statement names it (P-6). */
const IDENTITY = 'UPDATE servers SET system_id = $1 WHERE id = $2';
const HEARD = 'UPDATE servers SET heard_at = $1 WHERE id = $2';

@Injectable()
export class ServersRepository {
  readonly #byId: LookUp;
  readonly #byKey: LookUp;
  readonly #writeNew: Statement;
  readonly #writeNews: Statement;
  readonly #writeIdentity: Statement;
  readonly #writeHeard: Statement;

  constructor(
    unitOfWork: UnitOfWork,
    private readonly changes: Changes,
  ) {
    this.#byId = unitOfWork.prepare(BY_ID);
    this.#byKey = unitOfWork.prepare(BY_KEY);
    this.#writeNew = unitOfWork.statement(ADD);
    this.#writeNews = unitOfWork.statement(NEWS);
    this.#writeIdentity = unitOfWork.statement(IDENTITY);
    this.#writeHeard = unitOfWork.statement(HEARD);
  }

  /** At once on SQLite. */
  find(id: ServerId): Soon<ServerWithDigest | null> {
    return soon(this.#byId(id), (json) => {
      const row = rowIn(json);
      return row && { id, ...serverOf(row), keyDigest: row[0] };
    });
  }

  /** At once on SQLite. */
  findByKeyDigest(keyDigest: string): Soon<ServerWithDigest | null> {
    return soon(this.#byKey(keyDigest), (json) => {
      const row = rowIn(json);
      return row && { id: row[0] as ServerId, ...serverOf(row), keyDigest };
    });
  }

  async add(server: ServerWithDigest, keyPrefix: string): Promise<void> {
    const { id, keyDigest, systemId, name, url, localAddress, network, createdAt, heardAt } = server;
    const columns = [systemId, name, url, localAddress, network, createdAt, heardAt];
    await this.#writeNew([id, keyDigest, keyPrefix, ...columns]);
    this.changes.note('server', id);
  }

  /** @param before as it is stored, if it is there */
  async change(id: ServerId, news: Omit<Server, 'id' | 'createdAt'>, before: Server | null): Promise<void> {
    const { systemId, name, url, localAddress, network, heardAt } = news;
    await this.#writeNews([name, url, localAddress, network, heardAt, id]);
    if (systemId !== before?.systemId) await this.#writeIdentity([systemId, id]);
    this.changes.note('server', id);
  }

  /** It said what it had said before. */
  async hear(id: ServerId, heardAt: number): Promise<void> {
    await this.#writeHeard([heardAt, id]);
    this.changes.noteHeard(id, heardAt);
  }
}

function rowIn(json: string | undefined): ServerRow | null {
  return json === undefined ? null : (JSON.parse(json) as ServerRow);
}

function serverOf([, systemId, name, url, localAddress, network, createdAt, heardAt]: ServerRow): Omit<
  Server,
  'id'
> {
  return { systemId, name, url, localAddress, network, createdAt, heardAt };
}

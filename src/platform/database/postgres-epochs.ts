import type { ClientBase } from 'pg';
import { DomainError } from '../../shared/domain-error.js';
import type { Connections, Epochs, Settle } from './connections.js';
import { LaterPrimary } from './later-primary.js';
import { isForbidden } from './database-errors.js';
import { cut, heard } from './postgres-client.js';
import { succession, type Epoch, type Seen, type Succession } from './epochs.js';

/**
 * All of it may be asked by everybody (PostgreSQL 15). The timeline is that of the file of the log that is written now: the
 * control file names it only after the next checkpoint. The position is what is on disk: it never goes back in a crash.
 */
const LOOK = `SELECT pg_is_in_recovery() AS "isStandby", system_identifier::text AS system,
    CASE WHEN NOT pg_is_in_recovery() THEN pg_walfile_name(pg_current_wal_flush_lsn()) END AS file,
    CASE WHEN NOT pg_is_in_recovery() THEN (pg_current_wal_flush_lsn() - '0/0')::text END AS position,
    current_setting('synchronous_standby_names') <> '' AS "waitsForStandby",
    (extract(epoch FROM pg_last_xact_replay_timestamp()) * 1000)::bigint AS "asOf"
  FROM pg_control_system()`;

interface Row {
  readonly isStandby: boolean;
  readonly system: string;
  readonly file: string | null;
  readonly position: string | null;
  readonly waitsForStandby: boolean;
  readonly asOf: string | number | null;
}

type Client = Pick<ClientBase, 'query' | 'on' | 'off' | 'once'>;

const OVERTAKEN = 'another node works with a primary that took over from this one';

/**
 * Looks at every new connection before it is used: a standby that took over answers like the primary before it, and may
 * lack what that had acknowledged. What one look finds is kept in this process, so that a way back is noticed too.
 */
export class PostgresEpochs implements Epochs {
  #seen: Seen | null = null;
  #settle: Settle | undefined;
  #isSettling = false;
  readonly #later = new LaterPrimary();
  readonly #clients = new Set<Client>();

  /**
   * @param open connections that are not looked at, to settle a new epoch by
   * @param ask by a connection of the pool
   * @param patience ends when nobody waits for a connection any more who looked before at what is settled
   * @param leave gives up the connections to the primary before that are not looked at
   */
  constructor(
    private readonly open: () => Promise<Connections>,
    private readonly ask: (text: string) => Promise<readonly unknown[]>,
    private readonly patience: () => Promise<unknown>,
    private readonly leave: () => void,
  ) {}

  get current(): Epoch | null {
    return this.#seen;
  }

  settleBy(settle: Settle): void {
    this.#settle = settle;
  }

  /**
   * As `onConnect` of the pool, which then looks whether anybody still waits. With its `verify` who gave up meanwhile was given the
   * connection all the same: it was never given back, and ended the process when it broke.
   *
   * @throws Error when it may not be used
   */
  readonly verify = async (client: Client): Promise<void> => {
    const before = this.#seen;
    // The question tells of a connection that breaks.
    client.on('error', heard);
    this.#follow(client);
    try {
      const { rows } = await client.query<Row>(LOOK);
      this.#judge(rows[0], before);
    } catch (error) {
      // A host that keeps these functions to itself: then nothing is noticed, as before.
      if (!isForbidden(error)) throw error;
    } finally {
      client.off('error', heard);
    }
  };

  #follow(client: Client): void {
    if (this.#clients.has(client)) return;
    this.#clients.add(client);
    client.once('end', () => this.#clients.delete(client));
  }

  async look(): Promise<void> {
    const before = this.#seen;
    try {
      const [row] = await this.ask(LOOK);
      this.#judge(row as Row | undefined, before);
    } catch {
      // Whoever needs the database meets the same trouble, and tells.
    }
  }

  hear({ system, timeline }: Pick<Epoch, 'system' | 'timeline'>): boolean {
    if (this.#seen?.system !== system) return false;
    const isNews = this.#later.hear(timeline, this.#seen.timeline);
    if (isNews) this.#abandon();
    return isNews;
  }

  /** What is open leads to a primary that is none any more; what is opened next may lead to the new one. */
  #abandon(): void {
    for (const client of this.#clients) cut(client, OVERTAKEN);
    this.leave();
  }

  /**
   * @param before what had been seen when the question was sent: answers may overtake each other
   * @throws DomainError unavailable `database-away`: a standby, or an epoch that is not settled
   */
  #judge(row: Row | undefined, before: Seen | null): void {
    const now = this.#seenIn(row);
    const how = before && succession(before, now);
    if (how === null) {
      this.#keep(now, before);
      return;
    }
    // Another look may have been faster; whoever comes next is compared with what it found.
    if (this.#seen === before || !this.#isIn(now)) this.#begin(now, how);
    throw notYet('another database answers than before');
  }

  #seenIn(row: Row | undefined): Seen {
    if (row === undefined || row.isStandby) throw notYet('a standby cannot say what was acknowledged');
    const now = seen(row);
    if (this.#later.isLaterThan(now.timeline)) throw notYet(OVERTAKEN);
    return now;
  }

  /** Unless a later answer came first. */
  #keep(now: Seen, before: Seen | null): void {
    const known = this.#seen;
    if (known === before || (known !== null && this.#isIn(now) && known.position < now.position))
      this.#seen = now;
  }

  #isIn({ system, timeline }: Epoch): boolean {
    return this.#seen?.system === system && this.#seen.timeline === timeline;
  }

  /** Those who come meanwhile are told to come again. What could not be settled is tried again by the next connection. */
  #begin(now: Seen, how: Succession): void {
    if (this.#isSettling) return;
    this.#isSettling = true;
    const over = (): void => void (this.#isSettling = false);
    this.#settled(now, how).then(over, over);
  }

  async #settled(now: Seen, how: Succession): Promise<void> {
    if (!this.#settle) return;
    const connections = await this.open();
    try {
      await this.#settle(now, how, connections);
      await this.patience();
      this.#seen = now;
      this.#later.forget();
      this.leave();
    } finally {
      await connections.close();
    }
  }
}

function seen({ system, file, position, waitsForStandby, asOf }: Row): Seen {
  return {
    system,
    // Eight hexadecimal digits, then the number of the file.
    timeline: Number.parseInt((file ?? '').slice(0, 8), 16),
    position: BigInt(position ?? 0),
    waitsForStandby,
    asOf: asOf === null ? null : Number(asOf),
  };
}

function notYet(why: string): DomainError {
  return new DomainError('unavailable', 'database-away', `The database cannot be used: ${why}.`, {
    retryAfterSeconds: 2,
  });
}

import type { Epochs } from '../database/connections.js';
import type { Company } from '../database/solitude.js';
import type { OpenCommits } from '../database/open-commits.js';
import type { Log } from '../logging/log.js';
import { ChangeFeed, type Change, type ChangeListener } from './change-feed.js';
import { feedEvents } from './change-metrics.js';
import { readMessage, type Beat, type FeedMessage } from './feed-message.js';
import { HeardNode } from './heard-node.js';
import { LocalChangeFeed } from './local-change-feed.js';

const heardOfOthers = feedEvents.series({ event: 'heard' });

/** What carries messages between nodes: to everybody, in order from each, and any of them may be lost. */
export interface Wire {
  send(message: string): Promise<void>;
  listen(listener: (message: string) => void): void;
}

/** What is known of another node may be so old: below the 500 ms within which a change must show everywhere. */
const LEASE_MS = 450;
/** An answer to a beat comes with the next beat of the other one: what is known is 2 beats and the way old at most. */
export const BEAT_EVERY_MS = 100;
const OVERTAKEN =
  'another node works with a later primary of PostgreSQL: this one serves nobody until DATABASE_URL leads there too';
/** Our beats of that many seconds are recognised when they come back. */
const KEPT_BEATS = 64;
/** Who is not present and was not heard for so long is forgotten. */
const FORGOTTEN_AFTER_MS = 60_000;

interface Surroundings {
  readonly company: Pick<Company, 'number' | 'others' | 'hasLeft'>;
  readonly wire: Wire;
  readonly commits: Pick<OpenCommits, 'oldest'>;
  readonly epochs: Pick<Epochs, 'current' | 'hear'>;
  readonly log: Log;
  /** Milliseconds by a clock that nobody sets. */
  readonly now?: () => number;
}

/**
 * The feed between nodes that share a database.
 *
 * Every node numbers its changes, tells them, and beats ten times a second: with the number of its last change, and with
 * the last beat that it has heard of every other node. Whoever finds its own beat in the beat of another, and all numbers
 * up to the one in it, knows everything that node had sent to be committed when the own beat was sent: by the own clock,
 * however long a message was held up, whichever process was stopped. That counts for 450 ms, and only if it is so for
 * everybody who shows itself in the database (`Company`). A number that is missing makes everybody forget. Nothing depends
 * on a message arriving (ADR 0026).
 */
export class SharedChangeFeed extends ChangeFeed {
  readonly #company: Surroundings['company'];
  readonly #wire: Wire;
  readonly #commits: Surroundings['commits'];
  readonly #epochs: Surroundings['epochs'];
  readonly #log: Log;
  readonly #now: () => number;
  readonly #local: LocalChangeFeed;
  readonly #nodes = new Map<number, HeardNode>();
  #last = 0;
  #beats = 0;
  readonly #sentAt = new Map<number, number>();

  constructor({ company, wire, commits, epochs, log, now = () => performance.now() }: Surroundings) {
    super();
    this.#company = company;
    this.#wire = wire;
    this.#commits = commits;
    this.#epochs = epochs;
    this.#log = log;
    this.#now = now;
    this.#local = new LocalChangeFeed(() => this.#hearsOthers(), log, now);
    wire.listen((text) => this.#hear(readMessage(text)));
  }

  override get hearsAll(): boolean {
    return this.#local.hearsAll;
  }

  override get isAlone(): boolean {
    return this.#company.others()?.size === 0 && this.hearsAll;
  }

  override publish(change: Change): void {
    this.#last += 1;
    this.#local.publish(change);
    void this.#send({ from: this.#company.number, last: this.#last, change });
  }

  override doubt(): void {
    this.#local.doubt();
    this.beat();
  }

  override forget(): void {
    this.#local.forget();
  }

  override listen(listener: ChangeListener): () => void {
    return this.#local.listen(listener);
  }

  /** Shows the others that this node can be heard, and what it has heard of them. */
  beat(): void {
    this.#beats += 1;
    this.#sentAt.set(this.#beats, this.#now());
    this.#sentAt.delete(this.#beats - KEPT_BEATS);
    const horizon = this.#commits.oldest;
    const heard = [...this.#nodes].map(([number, node]) => [number, node.acknowledged(horizon)]);
    void this.#send({
      from: this.#company.number,
      last: this.#last,
      beat: this.#beats,
      doubtMs: Math.max(0, Math.round(this.#local.doubtMs)),
      heard: Object.fromEntries(heard) as Record<string, number>,
      ...this.#epoch(),
    });
    this.#forgetGone();
  }

  #epoch(): Pick<Beat, 'epoch'> {
    const { current } = this.#epochs;
    return current === null ? {} : { epoch: { system: current.system, timeline: current.timeline } };
  }

  /** This node writes no more: the others need not wait for it. */
  async sayFarewell(): Promise<void> {
    await this.#send({ from: this.#company.number, last: this.#last, farewell: true });
  }

  /** A message that is lost is missed by those it was for. */
  #send(message: FeedMessage): Promise<void> {
    return this.#wire.send(JSON.stringify(message));
  }

  #hearsOthers(): boolean {
    const others = this.#company.others();
    if (others === null) return false;
    const since = this.#now() - LEASE_MS;
    for (const number of others) {
      const node = this.#nodes.get(number);
      if (node === undefined || node.knownAt <= since) return false;
    }
    return true;
  }

  #hear(message: FeedMessage | null): void {
    if (message === null || message.from === this.#company.number) return;
    const node = this.#nodeOf(message);
    // Overtaken by what the same node said later, by another connection.
    if (message.last < node.last) return;
    node.heardAt = this.#now();
    this.#follow(node, message);
    if ('beat' in message) this.#hearBeat(node, message);
    if ('farewell' in message) this.#seeOff(message.from);
  }

  #follow(node: HeardNode, message: FeedMessage): void {
    if (message.last === node.last) return;
    const isNext = message.last === node.last + 1;
    node.last = message.last;
    if (!isNext || !('change' in message)) this.forget();
    else {
      heardOfOthers.add();
      this.#local.publish(message.change);
    }
  }

  /** What a node did before it was heard for the first time is not known. */
  #nodeOf({ from, last }: FeedMessage): HeardNode {
    const known = this.#nodes.get(from);
    if (known) return known;
    const node = new HeardNode(last, this.#now());
    this.#nodes.set(from, node);
    this.forget();
    return node;
  }

  #hearBeat(node: HeardNode, { beat, doubtMs, heard, epoch }: Beat): void {
    if (epoch && this.#epochs.hear(epoch)) this.#log.warn({ timeline: epoch.timeline }, OVERTAKEN);
    const own = heard[String(this.#company.number)];
    node.beat(beat, this.#now(), own === undefined ? undefined : this.#sentAt.get(own));
    // A little later than ours: the same doubt.
    if (doubtMs > Math.max(0, this.#local.doubtMs) + 10 * BEAT_EVERY_MS) this.#local.doubtFor(doubtMs);
  }

  #seeOff(number: number): void {
    this.#nodes.delete(number);
    this.#company.hasLeft(number);
  }

  #forgetGone(): void {
    const others = this.#company.others();
    const since = this.#now() - FORGOTTEN_AFTER_MS;
    for (const [number, { heardAt }] of this.#nodes) {
      if (heardAt < since && others?.has(number) === false) this.#nodes.delete(number);
    }
  }
}

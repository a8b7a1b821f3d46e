import type { ChangeListener, NumberedChange } from '../../src/platform/changes/change-feed.js';
import { BEAT_EVERY_MS, SharedChangeFeed } from '../../src/platform/changes/shared-change-feed.js';
import { RecordingLog } from './recording-log.js';

const EPOCH = { system: '7', waitsForStandby: false, asOf: null };

/** Writes down what it hears. */
export function recorder(): ChangeListener & { readonly heard: NumberedChange[]; missedTimes: number } {
  return {
    heard: [],
    missedTimes: 0,
    changed(change) {
      this.heard.push(change);
    },
    missed() {
      this.missedTimes += 1;
    },
  };
}

/** What a test does to one node. */
export class NodeOnABus {
  readonly log = new RecordingLog();
  readonly memory = recorder();
  /** Answers of the presence in the database; null: not known. */
  others: ReadonlySet<number> | null = new Set();
  readonly left: number[] = [];
  /** When the oldest open commit was sent. */
  oldestCommit = Infinity;
  /** Stopped (SIGSTOP): neither beats nor reads. */
  isStopped = false;
  /** Nothing that it says is carried. */
  isMute = false;
  /** What is said to it arrives later. */
  isHeldUp = false;
  /** In which life of the database it works, and the later ones in which others have said that they do. */
  timeline = 1;
  readonly later: number[] = [];
  readonly feed: SharedChangeFeed;
  #held: string[] = [];
  #listener: (message: string) => void = () => undefined;

  constructor(
    readonly number: number,
    say: (message: string) => void,
    now: () => number,
  ) {
    this.feed = new SharedChangeFeed({
      company: { number, others: () => this.others, hasLeft: (other) => void this.left.push(other) },
      wire: {
        send: (message) => {
          if (!this.isMute) say(message);
          return Promise.resolve();
        },
        listen: (listener) => (this.#listener = listener),
      },
      commits: Object.defineProperty({ oldest: 0 }, 'oldest', { get: () => this.oldestCommit }),
      epochs: Object.defineProperty(
        {
          current: null,
          hear: ({ timeline }: { timeline: number }) =>
            timeline > this.timeline && this.later.push(timeline) === 1,
        },
        'current',
        { get: () => ({ ...EPOCH, timeline: this.timeline }) },
      ),
      log: this.log,
      now,
    });
    this.feed.listen(this.memory);
  }

  hear(message: string): void {
    if (this.isStopped || this.isHeldUp) this.#held.push(message);
    else this.#listener(message);
  }

  /** What was held up arrives, in order. */
  release(): void {
    this.isStopped = false;
    this.isHeldUp = false;
    for (const message of this.#held.splice(0)) this.#listener(message);
  }
}

/** Nodes with a feed between them, in a time that a test moves. */
export class NodesOnABus {
  readonly #nodes: NodeOnABus[] = [];
  #strangers: number[] = [];
  #now = 0;

  add(): NodeOnABus {
    const node = new NodeOnABus(
      this.#nodes.length + 1,
      (message) => this.#carry(message),
      () => this.#now,
    );
    this.#nodes.push(node);
    this.#meet();
    return node;
  }

  get now(): number {
    return this.#now;
  }

  /** Somebody who shows itself in the database and says nothing: a command, a node without Redis. */
  stranger(isThere: boolean): void {
    this.#strangers = isThere ? [999] : [];
    this.#meet();
  }

  /** Beats come as in a process: those of a stopped node are left out. */
  advance(ms: number): void {
    const until = this.#now + ms;
    // Longer than anything is remembered: the beats in between do not matter.
    if (ms > 60_000) this.#now = until - 10 * BEAT_EVERY_MS;
    while (this.#now < until) {
      this.#now = Math.min(until, this.#now + BEAT_EVERY_MS / 2);
      if (this.#now % BEAT_EVERY_MS === 0)
        for (const node of this.#nodes) if (!node.isStopped) node.feed.beat();
    }
  }

  #carry(message: string): void {
    for (const node of this.#nodes) node.hear(message);
  }

  #meet(): void {
    const all = [...this.#nodes.map(({ number }) => number), ...this.#strangers];
    for (const node of this.#nodes) node.others = new Set(all.filter((number) => number !== node.number));
  }
}

import type { Clock } from '../../shared/clock.js';
import { RedisAway } from '../redis/redis-away.js';
import type { RedisLink } from '../redis/redis-link.js';
import { NOW, runScript } from '../redis/redis-script.js';

/** How often somebody may ask, who is told a pause and may be told a longer one. */
export interface PaceRule {
  readonly bucket: string;
  readonly key: string;
  readonly pauseMs: number;
  /** So much longer the pause is after each asking that came too early. */
  readonly moreMs: number;
  /** So much too early is no fault: networks and timers vary. */
  readonly toleranceMs: number;
}

/** Follows who asks how often. May forget with the process or with Redis: then the pause is the first one again. */
export abstract class Pace {
  /** Counts an asking. @returns whether it came too early */
  abstract isEarly(rule: PaceRule): Promise<boolean>;
}

interface Asked {
  readonly at: number;
  readonly pauseMs: number;
}

const MOST_FOLLOWED = 10_000;
/** Who did not ask for so long is followed anew. */
const FORGOTTEN_AFTER_MS = 15 * 60_000;

/** In this process. */
export class MemoryPace extends Pace {
  readonly #asked = new Map<string, Asked>();

  constructor(private readonly clock: Clock) {
    super();
  }

  override isEarly(rule: PaceRule): Promise<boolean> {
    const key = `${rule.bucket}\n${rule.key}`;
    const known = this.#asked.get(key);
    const pauseMs = known?.pauseMs ?? rule.pauseMs;
    const at = this.clock.now();
    const isEarly = known !== undefined && at < known.at + pauseMs - rule.toleranceMs;
    this.#keep(key, { at, pauseMs: isEarly ? pauseMs + rule.moreMs : pauseMs });
    return Promise.resolve(isEarly);
  }

  /** The ones that asked longest ago go first. */
  #keep(key: string, asked: Asked): void {
    this.#asked.delete(key);
    this.#asked.set(key, asked);
    const [oldest] = this.#asked.keys();
    if (this.#asked.size > MOST_FOLLOWED && oldest !== undefined) this.#asked.delete(oldest);
  }
}

/** ARGV: the time (empty: that of Redis, R-26), first pause, how much longer, tolerance, when to forget. Answers 1: too early. */
const ASK = `${NOW}
local known = redis.call('HMGET', KEYS[1], 'at', 'pause')
local pause = tonumber(known[2]) or tonumber(ARGV[2])
local early = known[1] and now < tonumber(known[1]) + pause - tonumber(ARGV[4])
if early then pause = pause + tonumber(ARGV[3]) end
redis.call('HSET', KEYS[1], 'at', string.format('%.0f', now), 'pause', string.format('%.0f', pause))
redis.call('PEXPIRE', KEYS[1], tonumber(ARGV[5]))
return early and 1 or 0`;

/** Whichever node is asked. @throws RedisAway */
export class RedisPace extends Pace {
  /** @param now milliseconds, for tests that move the time; Redis's own without it */
  constructor(
    private readonly redis: Pick<RedisLink, 'ask'>,
    private readonly keys: { mac(text: string): string },
    private readonly now: () => number | '' = () => '',
  ) {
    super();
  }

  override async isEarly({ bucket, key, pauseMs, moreMs, toleranceMs }: PaceRule): Promise<boolean> {
    const name = `signpost:pace:${this.keys.mac(`pace\n${bucket}\n${key}`).slice(0, 32)}`;
    const given = [this.now(), pauseMs, moreMs, toleranceMs, FORGOTTEN_AFTER_MS];
    return (await this.redis.ask((redis) => runScript(redis, ASK, [name], given))) === 1;
  }
}

/** Over all nodes; while Redis is away each node follows those that ask it. */
export class SharedPace extends Pace {
  constructor(
    private readonly shared: Pace,
    private readonly alone: Pace,
  ) {
    super();
  }

  override async isEarly(rule: PaceRule): Promise<boolean> {
    try {
      return await this.shared.isEarly(rule);
    } catch (error) {
      if (error instanceof RedisAway) return this.alone.isEarly(rule);
      throw error;
    }
  }
}

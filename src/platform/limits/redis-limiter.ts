import type { Random } from '../../shared/random.js';
import type { RedisLink } from '../redis/redis-link.js';
import { NOW, runScript } from '../redis/redis-script.js';
import { countPassed, countRefused } from './limit-metrics.js';
import { tooMany } from './limit-refusal.js';
import { Limiter, type Counted, type Rule } from './limiter.js';
import type { Acts } from './tally.js';

/**
 * Counters as in `MemoryLimiter`: fixed windows that start with the first act. A script is one step to Redis, so that
 * tries that come together on all nodes cannot slip through (S-20). Time is that of Redis (R-26), unless given first.
 */
const COUNTERS = `${NOW}
local function whole(number) return string.format('%.0f', number) end
local function read(key)
  local f = redis.call('HMGET', key, 'count', 'startedAt', 'endsAt', 'blockedUntil')
  if not f[1] then return nil end
  return { count = tonumber(f[1]), startedAt = tonumber(f[2]), endsAt = tonumber(f[3]), blockedUntil = tonumber(f[4]) }
end
local function live(key)
  local counter = read(key)
  if counter and counter.endsAt > now then return counter end
  return nil
end
local function write(key, c)
  redis.call('HSET', key, 'count', c.count, 'startedAt', whole(c.startedAt), 'endsAt', whole(c.endsAt),
    'blockedUntil', whole(c.blockedUntil))
  redis.call('PEXPIRE', key, whole(math.max(1, c.endsAt - now)))
end
local function add(key, times, at)
  local limit, window = tonumber(ARGV[at]), tonumber(ARGV[at + 1])
  local first, most = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  local c = live(key) or { count = 0, startedAt = now, endsAt = now + window, blockedUntil = 0 }
  c.count = math.max(0, c.count + times)
  if times < 0 then
    if c.count < limit then c.blockedUntil = 0 end
  elseif c.count >= limit then
    if first == 0 then
      c.blockedUntil = c.endsAt
    else
      c.blockedUntil = now + math.min(most, first * 2 ^ math.min(30, c.count - limit))
      c.endsAt = c.blockedUntil + window
    end
  end
  write(key, c)
end
local function waits()
  local all = {}
  for i, key in ipairs(KEYS) do
    local counter = live(key)
    all[i] = whole(counter and math.max(0, counter.blockedUntil - now) or 0)
  end
  return all
end
`;

/** ARGV after the time: for each key its limit, window, and first and most pause (0: none). Answers the time and each one's wait. */
const TAKE = `${COUNTERS}
local all = waits()
for _, wait in ipairs(all) do
  if wait ~= '0' then return { whole(now), unpack(all) } end
end
for i, key in ipairs(KEYS) do add(key, 1, 2 + (i - 1) * 4) end
return { whole(now), unpack(all) }`;

/** As `TAKE`, whatever the limits say, with how many acts after each one's four, or how many are taken back. Answers the waits of those that come next. */
const ADD = `${COUNTERS}
for i, key in ipairs(KEYS) do
  local at = 2 + (i - 1) * 5
  add(key, tonumber(ARGV[at + 4]), at)
end
return { whole(now), unpack(waits()) }`;

/** ARGV after the time: when it was counted, and for each key its limit. */
const REFUND = `${COUNTERS}
for i, key in ipairs(KEYS) do
  local c = read(key)
  if c and c.startedAt <= tonumber(ARGV[2]) and c.count > 0 then
    c.count = c.count - 1
    if c.count < tonumber(ARGV[2 + i]) then c.blockedUntil = 0 end
    write(key, c)
  end
end
return 0`;

const WAIT = `${COUNTERS}
return { whole(now), unpack(waits()) }`;

/** Where counters are, and what nobody else may know them by. */
interface Keys {
  /** Of a bucket and whoever is counted in it: Redis holds no names and no addresses in clear. */
  mac(text: string): string;
}

/** Counters that all nodes share. @throws RedisAway from every method, within 50 ms */
export class RedisLimiter extends Limiter {
  /** @param now milliseconds, for tests that move the time; Redis's own without it */
  constructor(
    private readonly redis: Pick<RedisLink, 'ask'>,
    private readonly keys: Keys,
    private readonly random: Random,
    private readonly now: () => number | '' = () => '',
  ) {
    super();
  }

  override async take(rules: readonly Rule[]): Promise<Counted> {
    if (rules.length === 0) return { rules, at: 0, by: this };
    const [at = 0, ...waits] = await this.#run(TAKE, rules, rules.flatMap(numbersOf));
    const longest = Math.max(...waits);
    if (longest > 0) {
      rules.filter((_, index) => (waits[index] ?? 0) > 0).forEach(countRefused);
      throw tooMany(longest, this.random);
    }
    countPassed(rules);
    return { rules, at, by: this };
  }

  /** Counts what was let through already, and takes back what is below zero. @returns for each how long the next one has to wait, in milliseconds */
  async add(acts: readonly Acts[]): Promise<readonly number[]> {
    const given = acts.flatMap(({ rule, count }) => [...numbersOf(rule), count]);
    const [, ...waits] = await this.#run(
      ADD,
      acts.map(({ rule }) => rule),
      given,
    );
    return waits;
  }

  override async refund({ rules, at }: Counted): Promise<void> {
    if (rules.length > 0) await this.#run(REFUND, rules, [at, ...rules.map(({ limit }) => limit)]);
  }

  override async clear(rules: readonly Rule[]): Promise<void> {
    if (rules.length > 0)
      await this.redis.ask((redis) => redis.del(...rules.map((rule) => this.#keyOf(rule))));
  }

  override async wait(rule: Rule): Promise<number> {
    const [, wait = 0] = await this.#run(WAIT, [rule], []);
    return wait;
  }

  async #run(script: string, rules: readonly Rule[], given: readonly number[]): Promise<number[]> {
    const keys = rules.map((rule) => this.#keyOf(rule));
    const answer = await this.redis.ask((redis) => runScript(redis, script, keys, [this.now(), ...given]));
    return Array.isArray(answer) ? answer.map(Number) : [];
  }

  #keyOf({ bucket, key }: Rule): string {
    return `signpost:limit:${this.keys.mac(`limit\n${bucket}\n${key}`).slice(0, 32)}`;
  }
}

/** As the scripts want them. */
function numbersOf({ limit, windowMs, backoff }: Rule): number[] {
  return [limit, windowMs, backoff?.firstMs ?? 0, backoff?.mostMs ?? 0];
}

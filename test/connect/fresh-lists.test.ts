import { expect, test } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { LinkRequestsService, LinksService } from '../../src/features/links/index.js';
import { ServersService } from '../../src/features/servers/index.js';
import type { Account } from '../../src/features/accounts/index.js';
import { ChangeFeed } from '../../src/platform/changes/change-feed.js';
import { eachBroker, type TestBroker } from '../support/broker.js';
import { eventually } from '../support/eventually.js';
import { ask } from './ask.js';
import { accounts, device, hex, server, type CastServer } from './cast.js';

/**
 * One fact that changes over time: whether a link stands in a list, or what a server is called. Written down before and
 * after each change, so that each answer can be judged: it must show a value that was current at some moment between
 * the question and the answer (R-51; here without the half second).
 */
class History<Value> {
  /** A value counts from `asked` (it may be seen) and is the only one from `acknowledged` on. */
  readonly #entries: { value: Value; asked: number; acknowledged: number }[];

  constructor(first: Value) {
    this.#entries = [{ value: first, asked: -Infinity, acknowledged: -Infinity }];
  }

  get current(): Value {
    return this.#entries.at(-1)!.value;
  }

  /** @returns false if nobody knows whether it happened: then both values may be seen until the next change */
  async change(value: Value, work: () => Promise<unknown>): Promise<boolean> {
    const entry = { value, asked: performance.now(), acknowledged: Infinity };
    this.#entries.push(entry);
    if (!(await succeeds(work))) return false;
    entry.acknowledged = performance.now();
    return true;
  }

  /** What may have been seen by a read from `start` to `end`. */
  possible(start: number, end: number): Value[] {
    let last = 0;
    for (const [at, { acknowledged }] of this.#entries.entries()) if (acknowledged <= start) last = at;
    return this.#entries.filter(({ asked }, at) => at >= last && asked <= end).map(({ value }) => value);
  }
}

/** A busy machine may make PostgreSQL answer too late: that is an error, and never a wrong list. */
async function succeeds(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    expect(String(error)).toMatch(
      /PostgreSQL did not answer|timeout|The database is busy|Connection terminated/,
    );
    return false;
  }
}

interface Scene {
  readonly broker: TestBroker;
  readonly people: readonly Account[];
  readonly tokens: readonly string[];
  readonly servers: readonly CastServer[];
  /** Link key that stands in the list, or null; by person and server. */
  readonly links: readonly (readonly History<string | null>[])[];
  readonly names: readonly History<string>[];
}

const PEOPLE = 4;
const SERVERS = 3;

async function scene(broker: TestBroker): Promise<Scene> {
  const people = await accounts(
    broker,
    Array.from({ length: PEOPLE }, () => `fresh-${hex().slice(0, 10)}`),
  );
  const servers: CastServer[] = [];
  for (let at = 0; at < SERVERS; at += 1) servers.push(await server(broker, `Server ${at}`));
  return {
    broker,
    people,
    servers,
    tokens: await Promise.all(people.map((person) => device(broker, person))),
    links: people.map(() => servers.map(() => new History<string | null>(null))),
    names: servers.map(({ name }) => new History(name)),
  };
}

/** Makes, rekeys, ends links of one person, one after another. */
async function changeLinks(
  { broker, people, servers, links }: Scene,
  person: number,
  times: number,
): Promise<void> {
  const { app } = broker;
  const { id: accountId } = people[person]!;
  for (let n = 0; n < times; n += 1) {
    // Requests come in between, as they do when changes arrive over the network.
    await turn();
    const at = randomInt(SERVERS);
    const [home, link] = [servers[at]!, links[person]![at]!];
    const request = { home, accountId, key: hex() };
    if (!(await changeLink(link, request))) return;
  }

  async function changeLink(link: History<string | null>, request: LinkWish): Promise<boolean> {
    const { home, accountId, key } = request;
    const asking = { accountId, kind: 'linked' as const, key, requester: undefined };
    const ask = (): Promise<unknown> => app.get(LinkRequestsService).request(home, asking);
    if (link.current !== null && randomInt(3) === 0) return link.change(key, ask);
    if (link.current !== null)
      return link.change(null, () => app.get(LinksService).endByServer(home.id, accountId));
    return (
      (await succeeds(ask)) &&
      link.change(key, () => app.get(LinksService).accept(accountId, { serverId: home.id }))
    );
  }
}

interface LinkWish {
  readonly home: CastServer;
  readonly accountId: Account['id'];
  readonly key: string;
}

async function renameServer({ broker, servers, names }: Scene, at: number, times: number): Promise<void> {
  const { id, key, url, systemId } = servers[at]!;
  for (let n = 0; n < times; n += 1) {
    // Requests come in between, as they do when changes arrive over the network.
    await turn();
    const name = `Server ${at} ${n}`;
    const fields = { name, url, systemId, localAddress: undefined };
    const update = (): Promise<unknown> =>
      broker.app.get(ServersService).update(id, key, () => fields, '192.0.2.1');
    if (!(await names[at]!.change(name, update))) return;
  }
}

/** One read, judged. @returns whether anything stood in the list */
async function readOne({ broker, tokens, servers, links, names }: Scene, person: number): Promise<boolean> {
  const start = performance.now();
  const answer = await ask(broker, 'GET', 'servers', { token: tokens[person]! });
  const end = performance.now();
  // Complete or an error.
  if (answer.status === 503) return false;
  expect(answer.status).toBe(200);
  const { list } = answer;
  for (const [at, { id }] of servers.entries()) {
    const entry = list.find((one) => one['Id'] === id);
    expect(links[person]![at]!.possible(start, end)).toContainEqual(entry?.['AccessKey'] ?? null);
    if (entry) expect(names[at]!.possible(start, end)).toContain(entry['Name']);
  }
  return list.length > 0;
}

/** Reads of everybody, over and over, while `changes` go on. @returns how many showed something */
async function readDuring(now: Scene, changes: Promise<unknown>): Promise<number> {
  let isOver = false;
  let shown = 0;
  const reading = now.people.map(async (_, person) => {
    while (!isOver) if (await readOne(now, person)) shown += 1;
  });
  await changes.finally(() => (isOver = true));
  await Promise.all(reading);
  for (const person of now.people.keys()) await readOne(now, person);
  return shown;
}

eachBroker('a list', {}, (broker) => {
  test('never shows less or more than was acknowledged before it was asked for, whatever changes meanwhile', async () => {
    const now = await scene(broker());
    const storm = Promise.all([
      ...now.people.map((_, person) => changeLinks(now, person, 25)),
      ...now.servers.map((_, at) => renameServer(now, at, 25)),
    ]);
    expect(await readDuring(now, storm)).toBeGreaterThan(20);
  });

  test('neither does it where lists are remembered from the beginning', async () => {
    // On PostgreSQL a process must have been alone for some seconds first.
    await eventually(() => expect(broker().app.get(ChangeFeed).hearsAll).toBe(true));
    const now = await scene(broker());
    const storm = Promise.all([
      ...now.people.map((_, person) => changeLinks(now, person, 25)),
      ...now.servers.map((_, at) => renameServer(now, at, 25)),
    ]);
    expect(await readDuring(now, storm)).toBeGreaterThan(20);
    expect(broker().app.get(ChangeFeed).hearsAll).toBe(true);
  });

  test('that is asked for right after a change was acknowledged shows it, every time', async () => {
    const now = await scene(broker());
    for (let n = 0; n < 60; n += 1) {
      await readOne(now, 0);
      await changeLinks(now, 0, 1);
      await readOne(now, 0);
      if (n % 5 === 0) await renameServer(now, n % SERVERS, 1);
      await readOne(now, 0);
    }
  });
});

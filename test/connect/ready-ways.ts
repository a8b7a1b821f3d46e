import { expect, jest } from '@jest/globals';
import { ReadyAccepts } from '../../src/edges/connect/ready-accepts.service.js';
import { ReadySignIns } from '../../src/edges/connect/ready-sign-ins.service.js';
import { ReadyUpdates } from '../../src/edges/connect/ready-updates.service.js';
import type { Fields } from '../simulator/forms.js';
import type { TestBroker } from '../support/broker.js';
import { ask, type Answer, type Call } from './ask.js';
import type { CastServer } from './cast.js';

/** What is written ahead of the framework, and refused by it, asked by both ways. */

const VOLATILE = ['date', 'x-request-id', 'retry-after'];
const TOKEN = /[0-9a-f]{64}/g;
/** What an answer says, whoever asked and when. */
export function comparable({ status, headers, text }: Answer): object {
  const kept = Object.entries(headers).filter(([name]) => !VOLATILE.includes(name));
  return { status, text: text.replace(TOKEN, 'a token'), headers: Object.fromEntries(kept) };
}

/** By the short way if `more` is '', by the framework if it is a parameter that nobody knows. */
export type Ask = (more: string) => Promise<Answer>;

/** The same by both ways, each after `before`. */
export async function bothWays(
  asked: Ask,
  before: () => Promise<unknown> = () => Promise.resolve(),
): Promise<Answer> {
  await before();
  const short = await asked('');
  await before();
  const long = await asked('&x=1');
  expect(comparable(short)).toEqual(comparable(long));
  return short;
}

/** Whether all that came meanwhile was answered before the framework. */
export async function isReady(broker: TestBroker, work: () => Promise<unknown>): Promise<boolean> {
  const spies = [ReadyUpdates, ReadyAccepts, ReadySignIns].map((route) =>
    jest.spyOn(broker.app.get<ReadyUpdates>(route), 'answer'),
  );
  await work();
  const answers = await Promise.allSettled(
    spies.flatMap(({ mock }) => mock.results.map(({ value }) => value)),
  );
  for (const spy of spies) spy.mockRestore();
  // What is refused there is told by the framework.
  return answers.length > 0 && answers.every((one) => one.status === 'fulfilled' && one.value !== null);
}

/** Limits are counted, and requests wait for their turn where there are too many. */
export const AS_OPERATED = { TRUST_PROXY: '127.0.0.0/8', LIMITS: 'on', OVERLOAD_DELAY_MS: '2000' };

/** What a server says that has moved. */
export const news = (home: CastServer): Record<string, string> => ({
  name: home.name,
  url: 'http://192.0.2.9:8096',
  systemId: home.systemId,
});

interface Ways {
  readonly update: (home: CastServer, call?: Call, id?: CastServer['id']) => Ask;
  readonly accept: (token: string, id: string, call?: Call) => Ask;
  readonly signIn: (fields: Fields | undefined, call?: Call) => Ask;
}

/** What is asked at the one broker of a block of tests. */
export function waysAt(broker: () => TestBroker): Ways {
  return {
    update(home, call = {}, id = home.id) {
      const said = call.body === undefined ? { raw: news(home) } : {};
      return (more) => ask(broker(), 'POST', `Servers?id=${id}${more}`, { key: home.key, ...said, ...call });
    },
    accept:
      (token, id, call = {}) =>
      (more) =>
        ask(broker(), 'GET', `ServerAuthorizations/accept?serverId=${id}${more}`, { token, ...call }),
    signIn(fields, call = {}) {
      const said = fields === undefined ? {} : { form: fields };
      return (more) =>
        ask(broker(), 'POST', `user/authenticate${more.replace('&', '?')}`, { ...said, ...call });
    },
  };
}

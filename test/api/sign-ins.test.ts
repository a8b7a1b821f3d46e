import { expect, test } from '@jest/globals';
import { WebSessionsService } from '../../src/features/sessions/index.js';
import { account, device } from '../connect/cast.js';
import { ask } from '../connect/ask.js';
import { eachBroker, type TestBroker } from '../support/broker.js';
import { api, problemIn } from './ask-api.js';
import { signIn } from './app-token.js';

interface SignInJson {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly current: boolean;
}

async function listed(broker: TestBroker, bearer: string): Promise<SignInJson[]> {
  return (await api(broker, 'GET', 'sign-ins', { bearer })).object['signIns'] as SignInJson[];
}

const BROWSER = { browser: 'Mozilla/5.0 Firefox/140.0', network: '127.0.0.1', persistent: false };

eachBroker('sign-ins in /api/v1', {}, (broker) => {
  test('apps, devices and browsers are listed, and ended one by one', async () => {
    const maria = await account(broker(), 'maria');
    const { token: bearer, signInId } = await signIn(broker(), maria);
    const other = await signIn(broker(), maria);
    const token = await device(broker(), maria);
    const cookie = await broker().app.get(WebSessionsService).signIn(maria, BROWSER);
    const all = await listed(broker(), bearer);
    expect(all.map(({ kind }) => kind)).toEqual(['app', 'app', 'device', 'browser']);
    expect(all.filter(({ current }) => current)).toMatchObject([{ id: signInId, name: 'TV client' }]);
    expect(JSON.stringify(all)).not.toContain('127.0.0.1');
    for (const { id } of all.filter(({ current }) => !current)) {
      expect((await api(broker(), 'DELETE', `sign-ins/${id}`, { bearer })).status).toBe(204);
      const again = await api(broker(), 'DELETE', `sign-ins/${id}`, { bearer });
      expect(problemIn(again)).toMatchObject({ status: 404, code: 'sign-in-unknown' });
    }
    expect((await api(broker(), 'GET', 'profile', { bearer: other.token })).status).toBe(401);
    expect((await ask(broker(), 'GET', 'servers', { token })).status).toBe(401);
    expect(await broker().app.get(WebSessionsService).authenticate(cookie, null)).toBeNull();
    expect(await listed(broker(), bearer)).toHaveLength(1);
  });

  test('of others are neither seen nor ended (S-61)', async () => {
    const [nora, olga] = [await account(broker(), 'nora'), await account(broker(), 'olga')];
    const [{ token: bearer }, theirs] = [await signIn(broker(), nora), await signIn(broker(), olga)];
    await device(broker(), olga);
    expect(await listed(broker(), bearer)).toHaveLength(1);
    for (const { id } of await listed(broker(), theirs.token)) {
      const answer = await api(broker(), 'DELETE', `sign-ins/${id}`, { bearer });
      expect(problemIn(answer)).toMatchObject({ status: 404, code: 'sign-in-unknown' });
    }
    expect(await listed(broker(), theirs.token)).toHaveLength(2);
  });

  test('need a scope of their own; signing out needs none', async () => {
    const pia = await account(broker(), 'pia');
    const { token: bearer, signInId } = await signIn(broker(), pia, ['servers:read', 'links:manage']);
    for (const [method, path] of [
      ['GET', 'sign-ins'],
      ['DELETE', `sign-ins/${signInId}`],
    ] as const) {
      const answer = await api(broker(), method, path, { bearer });
      expect(problemIn(answer)).toMatchObject({ status: 403, code: 'scope-missing' });
    }
    expect((await api(broker(), 'DELETE', 'sign-ins/current', { bearer })).status).toBe(204);
    expect((await api(broker(), 'GET', 'profile', { bearer })).status).toBe(401);
  });
});

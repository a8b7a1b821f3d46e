import { describe, expect, test } from '@jest/globals';
import type { AdapterPayload } from 'oidc-provider';
import { ProviderStorage } from '../../src/features/oauth/provider-storage.js';
import { Artifacts } from '../../src/features/oauth/artifacts.service.js';
import { CONNECTIONS } from '../../src/platform/database/database.module.js';
import type { Connections } from '../../src/platform/database/connections.js';
import { Random } from '../../src/shared/random.js';
import type { AccountId } from '../../src/shared/ids.js';
import { letIn } from '../support/app-tokens.js';
import { eachBroker } from '../support/broker.js';
import { signUp } from '../support/people.js';

const TOKENS = ['AccessToken', 'AuthorizationCode', 'RefreshToken', 'DeviceCode'];

eachBroker('the storage of the authorization server', {}, (broker) => {
  const storage = (): ProviderStorage => broker().app.get(ProviderStorage);
  const secret = (): string => broker().app.get(Random).hex(32);
  const rows = async (): Promise<string> => {
    const { reader } = broker().app.get<Connections>(CONNECTIONS);
    return JSON.stringify(await reader.query('SELECT * FROM oauth_artifacts'));
  };
  const payload = (more: Partial<AdapterPayload> = {}): AdapterPayload => ({
    iat: 1,
    exp: 2_000_000_000,
    accountId: '1',
    scope: 'openid',
    ...more,
  });
  const signInOf = async (name: string): Promise<string> => {
    const { id } = await signUp(broker(), name);
    return (await letIn(broker(), id as AccountId)).id;
  };

  describe.each([...TOKENS, 'Session', 'Interaction'])('%s', (kind) => {
    const more = kind === 'DeviceCode' ? { accountId: undefined, userCode: '' } : {};
    const fresh = (): Partial<AdapterPayload> =>
      kind === 'DeviceCode' ? { ...more, userCode: secret().slice(0, 8) } : {};

    test('is found as it was kept, by its value alone', async () => {
      const value = secret();
      const kept = JSON.parse(JSON.stringify(payload({ ...fresh(), jti: value }))) as AdapterPayload;
      await storage().for(kind).upsert(value, kept, 60);
      expect(await storage().for(kind).find(value)).toEqual(kept);
      expect(await storage().for(kind).find(`${value}x`)).toBeUndefined();
      for (const other of TOKENS.filter((name) => name !== kind)) {
        expect(await storage().for(other).find(value)).toBeUndefined();
      }
    });

    test('is not in the database: neither value nor content', async () => {
      const value = secret();
      await storage()
        .for(kind)
        .upsert(value, payload({ ...fresh(), jti: value, scope: 'plainly-readable' }), 60);
      const stored = await rows();
      expect(stored).not.toContain(value);
      expect(stored).not.toContain('plainly-readable');
    });

    test('is gone once it was destroyed', async () => {
      const value = secret();
      await storage()
        .for(kind)
        .upsert(value, payload({ ...fresh(), jti: value }), 60);
      await storage().for(kind).destroy(value);
      expect(await storage().for(kind).find(value)).toBeUndefined();
    });

    test('is swept out some time after its end', async () => {
      const value = secret();
      await storage()
        .for(kind)
        .upsert(value, payload({ ...fresh(), jti: value }), 60);
      broker().clock.advance(60_000 + 11 * 60_000);
      await broker().app.get(Artifacts).forgetExpired();
      expect(await storage().for(kind).find(value)).toBeUndefined();
    });
  });

  test.each(['AuthorizationCode', 'DeviceCode'])('%s is consumed once, whoever is first', async (kind) => {
    const value = secret();
    const adapter = storage().for(kind);
    const userCode = kind === 'DeviceCode' ? { userCode: secret().slice(0, 8), accountId: undefined } : {};
    await adapter.upsert(value, payload({ jti: value, ...userCode }), 60);
    const tries = await Promise.allSettled([1, 2, 3, 4].map(() => adapter.consume(value)));
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await adapter.find(value)).toMatchObject({ consumed: Math.floor(broker().clock.now() / 1_000) });
  });

  test('a refresh token counts as unused for a minute after its use, and its successor is kept once', async () => {
    const [value, successor] = [secret(), secret()];
    const adapter = storage().for('RefreshToken');
    await adapter.upsert(value, payload({ jti: value }), 600);
    await adapter.consume(value);
    await adapter.consume(value);
    expect(await adapter.find(value)).not.toHaveProperty('consumed');
    await adapter.upsert(successor, payload({ jti: successor, scope: 'first' }), 600);
    await adapter.upsert(successor, payload({ jti: successor, scope: 'second' }), 600);
    expect(await adapter.find(successor)).toMatchObject({ scope: 'first' });
    broker().clock.advance(60_000);
    expect(await adapter.find(value)).toHaveProperty('consumed');
  });

  test('what belongs to a sign-in ends with it', async () => {
    const id = await signInOf('ann');
    const [code, token, other] = [secret(), secret(), secret()];
    await storage()
      .for('Grant')
      .upsert(id, payload({ jti: id }), 60);
    await storage()
      .for('AuthorizationCode')
      .upsert(code, payload({ jti: code, grantId: id }), 60);
    await storage()
      .for('AccessToken')
      .upsert(token, payload({ jti: token, grantId: id }), 60);
    await storage()
      .for('AccessToken')
      .upsert(other, payload({ jti: other }), 60);
    expect(await storage().for('Grant').find(id)).toMatchObject({ jti: id });
    await storage().for('AuthorizationCode').revokeByGrantId(id);
    expect(await storage().for('AuthorizationCode').find(code)).toBeUndefined();
    expect(await storage().for('AccessToken').find(token)).toBeDefined();
    await storage().for('Grant').destroy(id);
    expect(await storage().for('Grant').find(id)).toBeUndefined();
    expect(await storage().for('AccessToken').find(token)).toBeUndefined();
    expect(await storage().for('AccessToken').find(other)).toBeDefined();
  });

  test('a session is found by its uid', async () => {
    const [value, uid] = [secret(), secret()];
    await storage()
      .for('Session')
      .upsert(value, payload({ jti: value, uid }), 60);
    expect(await storage().for('Session').findByUid(uid)).toMatchObject({ jti: value, uid });
    expect(await storage().for('Session').findByUid(value)).toBeUndefined();
    expect(await rows()).not.toContain(uid);
  });

  test('clients are read from where the operator wrote them, and not written', async () => {
    const clients = storage().for('Client');
    expect(await clients.find('signpost-device')).toMatchObject({ token_endpoint_auth_method: 'none' });
    for (const id of ['nobody', 'x'.repeat(65), 'nul\0', '']) expect(await clients.find(id)).toBeUndefined();
    await expect(clients.upsert('forum', {}, 1)).rejects.toThrow(/not written/);
  });
});

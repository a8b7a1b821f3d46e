import { expect, test } from '@jest/globals';
import { AccountClosingService, AccountsService, PasswordChange } from '../../src/features/accounts/index.js';
import { AccessTokens, AppSignIns, type AccessTokenClaims } from '../../src/features/oauth/index.js';
import { SignInsService } from '../../src/features/sessions/index.js';
import { SigningKeys } from '../../src/platform/crypto/signing-keys.js';
import type { AccountId } from '../../src/shared/ids.js';
import { claimsFor, letIn } from '../support/app-tokens.js';
import { eachBroker } from '../support/broker.js';
import { PASSWORD, signUp } from '../support/people.js';

const DAY = 86_400_000;

eachBroker('sign-ins of apps', { LIMIT_DEVICES_PER_ACCOUNT: '3' }, (broker) => {
  const accountOf = async (name: string): Promise<AccountId> => {
    await signUp(broker(), name);
    const account = await broker().app.get(AccountsService).findByIdentifier(name);
    return account!.id;
  };
  const accept = (claims: AccessTokenClaims): Promise<unknown> =>
    broker().app.get(AccessTokens).accept(claims);

  test('a token holds as long as its sign-in, and no longer', async () => {
    const accountId = await accountOf('ann');
    const signIn = await letIn(broker(), accountId);
    const claims = claimsFor(broker(), signIn);
    expect(await accept(claims)).toMatchObject({
      account: { userName: 'ann' },
      clientId: 'signpost-device',
      signInId: signIn.id,
      scopes: new Set(['servers:read']),
    });
    const apps = broker().app.get(AppSignIns);
    expect(await apps.end(signIn.id, 'somebody else' as AccountId)).toBe(false);
    expect(await accept(claims)).not.toBeNull();
    expect(await apps.end(signIn.id, accountId)).toBe(true);
    expect(await accept(claims)).toBeNull();
    expect(await apps.end(signIn.id, accountId)).toBe(false);
  });

  test('a token for somebody else, from somebody else, or too old is refused', async () => {
    const signIn = await letIn(broker(), await accountOf('bob'));
    const wrong = [
      { iss: 'https://elsewhere.example/oidc' },
      { aud: 'https://elsewhere.example/api/v1' },
      { aud: [claimsFor(broker(), signIn).aud] },
      { sub: '1' },
      { client_id: 'forum' },
      { sign_in: 'f'.repeat(32) },
      { sign_in: undefined },
      { scope: undefined },
      { exp: Math.floor(broker().clock.now() / 1_000) },
      { exp: 'tomorrow' },
    ];
    for (const change of wrong) expect(await accept(claimsFor(broker(), signIn, change))).toBeNull();
    expect(await accept(claimsFor(broker(), signIn))).not.toBeNull();
  });

  test('a token never holds more than the sign-in', async () => {
    const signIn = await letIn(broker(), await accountOf('carl'));
    const claims = claimsFor(broker(), signIn, { scope: 'servers:read links:manage' });
    expect(await accept(claims)).toMatchObject({ scopes: new Set(['servers:read']) });
  });

  test('an app that stayed away ends, and so does one that is too old', async () => {
    const accountId = await accountOf('dora');
    const idle = await letIn(broker(), accountId);
    broker().clock.advance(60 * DAY - 1);
    expect(await broker().app.get(AppSignIns).find(idle.id)).not.toBeNull();
    broker().clock.advance(1);
    expect(await broker().app.get(AppSignIns).find(idle.id)).toBeNull();
    expect(await broker().app.get(AppSignIns).of(accountId)).toEqual([]);
    await broker().app.get(AppSignIns).forgetExpired();
  });

  test('one too many ends the one idle longest, and the owner is told (S-15)', async () => {
    const accountId = await accountOf('emil');
    const names = ['one', 'two', 'three', 'four'];
    for (const name of names) {
      await letIn(broker(), accountId, ['servers:read'], name);
      broker().clock.advance(1);
    }
    const left = await broker().app.get(AppSignIns).of(accountId);
    expect(left.map(({ deviceName }) => deviceName)).toEqual(['four', 'three', 'two']);
    const mails = await broker().mailbox.to('emil@example.org');
    expect(mails.filter(({ text }) => text.includes('had as many devices as it can have'))).toHaveLength(1);
    expect(mails.filter(({ text }) => text.includes('was let in to your Signpost account'))).toHaveLength(4);
  });

  test('the password, the end of all others, and the end of the account end apps (S-13)', async () => {
    const accountId = await accountOf('fay');
    const alive = async (): Promise<number> => (await broker().app.get(AppSignIns).of(accountId)).length;
    const origin = { network: '127.0.0.1', sessionId: 'none' };
    await letIn(broker(), accountId);
    await broker().app.get(PasswordChange).change(accountId, PASSWORD, 'another battery staple', origin);
    expect(await alive()).toBe(0);
    await letIn(broker(), accountId);
    await broker().app.get(SignInsService).endOthers(accountId, 'none');
    expect(await alive()).toBe(0);
    const { id } = await letIn(broker(), accountId);
    await broker()
      .app.get(AccountClosingService)
      .close(accountId, 'another battery staple', { network: '127.0.0.1' });
    expect(await broker().app.get(AppSignIns).find(id)).toBeNull();
  });

  test('only keys for access tokens check access tokens', () => {
    const tokens = broker().app.get(AccessTokens);
    const keys = broker().app.get(SigningKeys);
    expect(tokens.keyFor(keys.active('ES256').id)?.asymmetricKeyType).toBe('ec');
    expect(tokens.keyFor(keys.active('RS256').id)).toBeNull();
    expect(tokens.keyFor('../keyring.json')).toBeNull();
  });
});

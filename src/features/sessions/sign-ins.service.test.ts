import { expect, jest, test } from '@jest/globals';
import { account } from '../../../test/connect/cast.js';
import { eachBroker } from '../../../test/support/broker.js';
import { PASSWORD } from '../../../test/support/people.js';
import { KnownBrowsers, SignInLimits, SignInService, type Account } from '../accounts/index.js';
import { AuditTrail } from '../audit/index.js';
import { DevicesService } from './devices.service.js';
import { SignInsService } from './sign-ins.service.js';
import { WebSessionsService } from './web-sessions.service.js';

eachBroker('ending all sign-ins but one browser', {}, (broker) => {
  const get = <T>(type: abstract new (...args: never[]) => T): T => broker().app.get<T>(type);

  const device = (of: Account): Promise<string> =>
    get(DevicesService).signIn(of, { app: 'A', name: 'TV', network: '192.0.2.1' });

  const browser = (of: Account): Promise<string> =>
    get(WebSessionsService).signIn(of, { browser: 'B', network: '192.0.2.1', persistent: true });

  const sessionId = async (token: string): Promise<string> =>
    (await get(WebSessionsService).authenticate(token, null))?.session.id ?? 'ended';

  /** Which of these are still signed in. */
  const live = async (devices: readonly string[], browsers: readonly string[]): Promise<boolean[]> => {
    const found = [
      ...(await Promise.all(devices.map((token) => get(DevicesService).authenticate(token, null)))),
      ...(await Promise.all(browsers.map((token) => get(WebSessionsService).authenticate(token, null)))),
    ];
    return found.map((signedIn) => signedIn !== null);
  };

  test('ends every device and every other browser at once, and nobody else’s', async () => {
    const [ann, bob] = [await account(broker(), 'ann'), await account(broker(), 'bob')];
    const devices = [await device(ann), await device(ann), await device(bob)];
    const browsers = [await browser(ann), await browser(ann), await browser(bob)];
    await get(SignInsService).endOthers(ann.id, await sessionId(browsers[0] ?? ''));
    expect(await live(devices, browsers)).toEqual([false, false, true, true, false, true]);
    const events = await get(AuditTrail).ofAccount(ann.id, 10);
    expect(events.filter(({ kind }) => kind === 'others-signed-out')).toHaveLength(1);
  });

  test('keeps no browser of the account whose session is somebody else’s', async () => {
    const [cid, dee] = [await account(broker(), 'cid'), await account(broker(), 'dee')];
    const browsers = [await browser(cid), await browser(dee)];
    await get(SignInsService).endOthers(cid.id, await sessionId(browsers[1] ?? ''));
    expect(await live([], browsers)).toEqual([false, true]);
  });

  test('is all or nothing with the sign-in itself: one whose device cannot be kept leaves no trace', async () => {
    const kit = await account(broker(), 'kit');
    const proof = { form: 'password', text: PASSWORD } as const;
    const signIn = (network: string, welcome: () => Promise<void>): Promise<void> =>
      get(SignInService).signIn('kit', proof, { network }, welcome);
    const traces = async (): Promise<unknown> => {
      const events = await get(AuditTrail).ofAccount(kit.id, 10);
      return [events.length, (await get(SignInLimits).networksOf(kit.id)).map(({ network }) => network)];
    };
    const before = await traces();
    const fault = new Error('the device could not be kept');
    await expect(signIn('192.0.2.1', () => Promise.reject(fault))).rejects.toBe(fault);
    expect(await traces()).toEqual(before);
    await signIn('192.0.2.2', () => Promise.resolve());
    expect(await traces()).not.toEqual(before);
  });

  test('makes every browser a stranger (S-22)', async () => {
    const eve = await account(broker(), 'eve');
    const secret = await get(KnownBrowsers).welcome(eve.id, '');
    expect(await get(KnownBrowsers).isKnown(eve.id, secret)).toBe(true);
    await get(SignInsService).endOthers(eve.id, await sessionId(await browser(eve)));
    expect(await get(KnownBrowsers).isKnown(eve.id, secret)).toBe(false);
  });

  test('does all of it or nothing', async () => {
    const fay = await account(broker(), 'fay');
    const [devices, browsers] = [[await device(fay)], [await browser(fay), await browser(fay)]];
    const kept = await sessionId(browsers[0] ?? '');
    const record = jest.spyOn(get(AuditTrail), 'record').mockRejectedValueOnce(new Error('disk full'));
    await expect(get(SignInsService).endOthers(fay.id, kept)).rejects.toThrow('disk full');
    record.mockRestore();
    expect(await live(devices, browsers)).toEqual([true, true, true]);
    await get(SignInsService).endOthers(fay.id, kept);
    expect(await live(devices, browsers)).toEqual([false, true, false]);
  });
});

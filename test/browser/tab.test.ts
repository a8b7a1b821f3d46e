import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { antiRobotWorker } from '../../src/edges/pages/assets.js';
import { TestBroker } from '../support/broker.js';
import { describeInChromium, launch } from './chromium.js';
import { KEPT, Tab, WITH_HISTORY } from './tab.js';
import { LAPTOP_WITHOUT_SCRIPT, PHONE, Visitor } from './visitor.js';

const SEEN = `(async () => ({
  ...(await ${WITH_HISTORY}),
  online: navigator.onLine,
  width: innerWidth,
  print: matchMedia('print').matches,
  dark: matchMedia('(prefers-color-scheme: dark)').matches,
  notifications: (await navigator.permissions.query({ name: 'notifications' })).state,
}))()`;

const LEAVE_EVERYTHING = `(async () => {
  document.cookie = 'left=1';
  localStorage.setItem('left', '1');
  sessionStorage.setItem('left', '1');
  await (await caches.open('left')).put('/left', new Response('1'));
  const open = indexedDB.open('left');
  await new Promise((resolve, reject) => Object.assign(open, { onsuccess: resolve, onerror: reject }));
  const policy = trustedTypes.createPolicy('left', { createScriptURL: (own) => own });
  await navigator.serviceWorker.register(policy.createScriptURL('${antiRobotWorker}'));
  history.pushState(null, '', '#left');
})()`;

describeInChromium('a tab that visitors have one after the other, in Chromium', () => {
  let broker: TestBroker;
  let browser: Browser;
  const tabs: Tab[] = [];
  beforeAll(async () => {
    [browser, broker] = await Promise.all([launch(), TestBroker.start({ ANTI_ROBOT: 'off' })]);
  });
  afterEach(async () => {
    for (const tab of tabs.splice(0)) await tab.close();
  });
  afterAll(async () => {
    await browser.close();
    await broker.remove();
  });

  const openTab = async (): Promise<Tab> => {
    const tab = await Tab.open(browser, broker.url);
    tabs.push(tab);
    return tab;
  };
  const seenBy = async (tab: Tab): Promise<unknown> => {
    const visitor = await Visitor.arrive(tab, broker, PHONE);
    expect(await visitor.open('/sign-in')).toBe(200);
    return visitor.look(SEEN);
  };

  test('shows the next nothing of cookies, storage, a worker and the way that the last one went', async () => {
    const [tab, untouched] = [await openTab(), await openTab()];
    const visitor = await Visitor.arrive(tab, broker, PHONE);
    await visitor.open('/sign-in');
    await visitor.look(LEAVE_EVERYTHING);
    await visitor.context.addCookies([{ name: 'sid', value: 'left', url: broker.url, httpOnly: true }]);
    const everything = { local: 1, session: 1, databases: 1, caches: 1, workers: 1 };
    expect(await visitor.look(KEPT)).toMatchObject({ ...everything, cookies: 'left=1' });
    expect(await tab.empty()).toBe(true);
    expect(await tab.context.cookies()).toEqual([]);
    // The address that each of them opens, and the picture between.
    expect(await seenBy(tab)).toEqual({ ...((await seenBy(untouched)) as object), history: 2 });
  });

  test('shows the next nothing of what was emulated, permitted, intercepted and sent along', async () => {
    const [tab, untouched] = [await openTab(), await openTab()];
    const { page, context } = tab;
    await Visitor.arrive(tab, broker, LAPTOP_WITHOUT_SCRIPT);
    await page.emulateMedia({ media: 'print' });
    await context.grantPermissions(['notifications']);
    await page.setExtraHTTPHeaders({ 'X-Left': '1' });
    await context.setExtraHTTPHeaders({ 'X-Left-As-Well': '1' });
    await page.route('**/*', (route) => route.abort());
    await context.route('**/*', (route) => route.abort());
    await context.setOffline(true);
    expect(await tab.empty()).toBe(true);
    const sent = page.waitForRequest(`${broker.url}/sign-in`);
    expect(await seenBy(tab)).toEqual({ ...((await seenBy(untouched)) as object), history: 2 });
    expect(Object.keys(await (await sent).allHeaders()).filter((name) => name.startsWith('x-left'))).toEqual(
      [],
    );
  });

  test('is no longer held up by a dialog, and the next one hears nothing of what it complained about', async () => {
    const tab = await openTab();
    const visitor = await Visitor.arrive(tab, broker, PHONE);
    await visitor.open('/sign-in');
    const dialog = new Promise((resolve) => void tab.page.on('dialog', resolve));
    await visitor.look(`void console.error('left'), void setTimeout(() => { alert(1); alert(2); })`);
    await dialog;
    expect(visitor.findings).toEqual([`console on ${broker.url}/sign-in: left`]);
    expect(await tab.empty()).toBe(true);
    const next = await Visitor.arrive(tab, broker, PHONE);
    expect(await next.open('/sign-up')).toBe(200);
    expect(await next.look(`confirm('Anybody there?')`)).toBe(false);
    expect(next.findings).toEqual([]);
  });

  test('is closed if it was at another address, or has opened a window', async () => {
    const [elsewhere, twofold] = [await openTab(), await openTab()];
    await elsewhere.page.goto(broker.url.replace('127.0.0.1', 'localhost'));
    await twofold.page.goto(broker.url);
    await Promise.all([twofold.context.waitForEvent('page'), twofold.page.evaluate(`void open('/')`)]);
    for (const tab of [elsewhere, twofold]) {
      expect(await tab.empty()).toBe(false);
      expect(tab.page.isClosed()).toBe(true);
    }
  });

  test('says so if something is left all the same', async () => {
    const tab = await openTab();
    await tab.bring(`sessionStorage.setItem('left', '1'); Storage.prototype.clear = () => {};`);
    await tab.page.goto(broker.url);
    await expect(tab.empty()).rejects.toThrow('"session":1');
  });
});

import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort } from '../../scripts/lib/sockets.mjs';
import { AccountClosingService } from '../../src/features/accounts/index.js';
import { Clients } from '../../src/features/oauth/index.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import type { AccountId } from '../../src/shared/ids.js';
import { register } from '../simulator/sign-up.js';
import { signUp } from '../support/people.js';
import { inChromium, type Scene } from './chromium.js';
import { Forum } from './forum.js';
import { inspectPage } from './inspect-page.js';
import { PASSWORD } from './people.js';
import { PHONE, type Visitor } from './visitor.js';

/** The issuer is a part of every token, so the address must be known before the broker starts. */
const port = await freePort();
const settings = { PORT: String(port), PUBLIC_URL: `http://127.0.0.1:${port}` };

inChromium('a community site', settings, (scene) => {
  let forum: Forum | undefined;

  beforeAll(async () => {
    const { broker } = scene();
    // Chromium and the client library have the machine's clock.
    broker.clock.advance(Date.now() - broker.clock.now());
    const site = await Forum.open();
    forum = site;
    const redirectUris = [`${site.url}/callback`];
    const client = { id: 'forum', name: 'The Forum', redirectUris, signOutUris: [`${site.url}/out`] };
    await site.use(`${broker.url}/oidc`, 'forum', await broker.app.get(Clients).add(client));
  });
  afterAll(() => forum?.close());

  const at = (path: string): string => `${forum?.url ?? ''}${path}`;
  /** Going to the forum is what these tests are about; everything else that is found still counts. */
  const forgive = ({ findings }: Visitor): void => {
    const others = findings.filter((finding) => !finding.startsWith(`request to ${at('')}`));
    findings.splice(0, findings.length, ...others);
  };
  const arrive = async (current: Scene, path: string): Promise<Visitor> => {
    const visitor = await current.visit(PHONE);
    await visitor.page.goto(at(path));
    return visitor;
  };
  const signIn = (visitor: Visitor, identifier: string): Promise<void> =>
    visitor.send({ identifier, password: PASSWORD }, 'Sign in');

  test('signs a person in, who is asked once, and out', async () => {
    const { broker } = scene();
    const ann = await signUp(broker, 'ann');
    const visitor = await arrive(scene(), '/login');
    expect(await visitor.heading()).toBe('Sign in');
    await signIn(visitor, 'ann');
    expect(await visitor.heading()).toBe('Let The Forum in?');
    await inspectPage(visitor);
    await visitor.press('Let it in');
    const welcome = `Welcome ann, ann@example.org, number ${ann.id}`;
    expect(await visitor.page.locator('h1').innerText()).toBe(welcome);
    await visitor.page.goto(at('/login'));
    expect(await visitor.page.locator('h1').innerText()).toBe(welcome);
    await visitor.page.goto(at('/logout'));
    expect(await visitor.heading()).toBe('Sign out?');
    await inspectPage(visitor);
    await visitor.press('Sign out of Signpost');
    expect(await visitor.page.locator('h1').innerText()).toBe('Signed out of the forum');
    await visitor.open('/servers');
    expect(visitor.path).toMatch(/^\/sign-in/);
    // Signing in leads through the page where nothing is left to ask, straight to the forum.
    await visitor.page.goto(at('/login'));
    await signIn(visitor, 'ann');
    expect(await visitor.page.locator('h1').innerText()).toBe(welcome);
    forgive(visitor);
  });

  test('learns of a no, and of nothing else', async () => {
    await signUp(scene().broker, 'bob');
    const visitor = await arrive(scene(), '/login');
    await signIn(visitor, 'bob');
    await visitor.press('Do not let it in');
    expect(await visitor.page.locator('h1').innerText()).toBe('Refused: access_denied');
    forgive(visitor);
  });

  test('never sees somebody whose address is not confirmed', async () => {
    const { broker } = scene();
    await register(broker.url, { userName: 'carl', email: 'carl@example.org', password: PASSWORD });
    const visitor = await arrive(scene(), '/login');
    await signIn(visitor, 'carl');
    expect(await visitor.heading()).toBe('Sign in');
    expect(visitor.page.url()).toContain(broker.url);
    forgive(visitor);
  });

  test('knows somebody by a number that a new user name does not change, and that ends with the account', async () => {
    const { broker } = scene();
    const { id } = await signUp(broker, 'dora');
    const visitor = await arrive(scene(), '/login');
    await signIn(visitor, 'dora');
    await visitor.press('Let it in');
    const work = broker.app.get(UnitOfWork);
    await work.run(async () => {
      await work.writing.query(`UPDATE accounts SET user_name = 'theodora' WHERE id = '${id}'`);
    });
    await visitor.page.goto(at('/login'));
    const renamed = await visitor.page.locator('h1').innerText();
    expect(renamed).toBe(`Welcome theodora, dora@example.org, number ${id}`);
    await broker.app.get(AccountClosingService).close(id as AccountId, PASSWORD, { network: '127.0.0.1' });
    await visitor.page.goto(at('/login'));
    expect(await visitor.heading()).toBe('Sign in');
    forgive(visitor);
  });
});

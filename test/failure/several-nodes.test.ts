import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { escapedForm } from '../simulator/forms.js';
import { buildBefore } from '../support/child-broker.js';
import { eventually } from '../support/eventually.js';
import { PASSWORD, signUp } from '../support/people.js';
import { SeveralNodes, type Answer } from '../support/several-nodes.js';

buildBefore();

const isHere = Boolean(process.env['TEST_DATABASE_URL']) && Boolean(process.env['TEST_REDIS_URL']);
const declare = isHere ? describe : describe.skip;
const NODES = [0, 1, 2] as const;

declare('three nodes', () => {
  let all: SeveralNodes;
  let device = { id: '', token: '' };
  let server = { id: '', key: '' };

  beforeAll(async () => {
    all = await SeveralNodes.start(3, { LIMITS: 'on' }, async (broker) => {
      await signUp(broker, 'ann');
    });
    const signedIn = await json(
      all.form(0, '/service/user/authenticate', { nameOrEmail: 'ann', rawpw: PASSWORD }),
    );
    device = { id: (signedIn['User'] as { Id: string }).Id, token: String(signedIn['AccessToken']) };
    const facts = { name: 'attic', url: 'http://127.0.0.1:8096', systemId: 's' };
    const registered = await json(all.form(1, '/service/Servers', facts));
    server = { id: String(registered['Id']), key: String(registered['AccessKey']) };
    // Everybody has been there for long enough to count on each other.
    await eventually(() => expectMemory(true));
  });
  afterEach(async () => {
    for (const proxy of [...all.redis, ...all.postgres]) proxy.heal();
    await eventually(() => expectMemory(true));
  });
  afterAll(() => all.stop());

  async function json(answer: Promise<Answer>): Promise<Record<string, unknown>> {
    const { status, text } = await answer;
    expect([status, text]).toEqual([200, text]);
    return JSON.parse(text) as Record<string, unknown>;
  }
  async function expectMemory(isUsed: boolean): Promise<void> {
    const notices = await Promise.all(NODES.map((node) => all.notices(node)));
    expect(notices.map((names) => !names.includes('lists-not-remembered'))).toEqual(NODES.map(() => isUsed));
  }
  const asDevice = () => ({ 'X-Connect-UserToken': device.token });
  const asServer = () => ({ 'X-Connect-Token': server.key });
  const list = (node: number): Promise<Answer> =>
    all.ask(node, `/service/servers?userId=${device.id}`, { headers: asDevice() });
  async function names(node: number): Promise<string[]> {
    const { status, text } = await list(node);
    expect([status, text]).toEqual([200, text]);
    return (JSON.parse(text) as { Name: string }[]).map(({ Name }) => Name);
  }
  let keys = 0;
  async function link(node: number): Promise<void> {
    keys += 1;
    const accessToken = String(keys).padStart(32, 'k');
    const fields = { serverId: server.id, userId: device.id, userType: 'Linked', accessToken };
    await json(all.form(node, '/service/ServerAuthorizations', fields, asServer()));
    const path = `/service/ServerAuthorizations/accept?serverId=${server.id}`;
    await json(all.ask(node, path, { headers: asDevice() }));
  }
  const unlink = (node: number): Promise<Answer> =>
    all.ask(
      node,
      `/service/ServerAuthorizations?${escapedForm({ serverId: server.id, userId: device.id })}`,
      {
        method: 'DELETE',
        headers: asServer(),
      },
    );

  /** @returns how long after the acknowledgement the last list came that still showed the link, ms */
  async function staleFor(
    change: () => Promise<unknown>,
    isNew: (shown: string[]) => boolean,
  ): Promise<number> {
    await Promise.all(NODES.map(list));
    await change();
    const acknowledged = performance.now();
    const last = await Promise.all(
      NODES.map(async (node) => {
        let stale = 0;
        for (let fresh = 0; fresh < 10;) {
          const startedAt = performance.now();
          if (isNew(await names(node))) fresh += 1;
          else [fresh, stale] = [0, startedAt - acknowledged];
        }
        return stale;
      }),
    );
    return Math.max(...last);
  }

  test('an ended link is gone everywhere within 500 ms of the acknowledgement, an accepted one there (R-50)', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [here, there] = [round % 3, (round + 1) % 3];
      expect(
        await staleFor(
          () => link(here),
          (shown) => shown.includes('attic'),
        ),
      ).toBeLessThan(500);
      expect(
        await staleFor(
          () => unlink(there),
          (shown) => shown.length === 0,
        ),
      ).toBeLessThan(500);
    }
    await eventually(() => expectMemory(true));
  });

  test('an update that takes back what another node has just acknowledged is no update with nothing new', async () => {
    const named = (node: number, name: string): Promise<unknown> => {
      const facts = { name, url: 'http://127.0.0.1:8096', systemId: 's' };
      return json(all.form(node, `/service/Servers?id=${server.id}`, facts, asServer()));
    };
    await link(0);
    for (let round = 0; round < 5; round += 1) {
      await named(0, 'attic');
      await named(1, 'cellar');
      await named(0, 'attic');
      await eventually(async () => expect(await names(2)).toEqual(['attic']));
    }
    await unlink(0);
  });

  test('limits count whichever node is asked; with Redis away each allows its share, and nobody is told of trouble (R-24, R-52)', async () => {
    const statuses = async (): Promise<number[]> => {
      const found: number[] = [];
      for (let n = 0; n < 24; n += 1)
        found.push((await all.form(n % 3, '/service/pin', { deviceId: 'tv' })).status);
      return found;
    };
    // Ten a minute and network (S-25); what Redis did not answer within 50 ms was counted by the node, within its share.
    const together = (await statuses()).filter((status) => status === 200).length;
    expect(together >= 9 && together <= 10 + 9).toBe(true);
    for (const proxy of all.redis) proxy.cut();
    await eventually(async () => {
      for (const node of NODES) expect(await all.notices(node)).toContain('redis-away');
    });
    const without = await statuses();
    expect([200, 429]).toEqual(expect.arrayContaining([...new Set(without)]));
    expect(without.filter((status) => status === 200).length).toBeLessThanOrEqual(9);
  });
});

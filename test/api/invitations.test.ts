import { expect, test } from '@jest/globals';
import { LinksService } from '../../src/features/links/index.js';
import { acceptedLink, account, server, waitingLink } from '../connect/cast.js';
import { eachBroker, type TestBroker } from '../support/broker.js';
import { api, problemIn } from './ask-api.js';
import { signIn } from './app-token.js';

type Row = Record<string, unknown> & { id: string };

async function rows(broker: TestBroker, path: string, bearer: string, member = path): Promise<Row[]> {
  return (await api(broker, 'GET', path, { bearer })).object[member] as Row[];
}

eachBroker('invitations and links in /api/v1', {}, (broker) => {
  test('an invitation names no address and no key, and is accepted once or more', async () => {
    const maria = await account(broker(), 'maria');
    const den = await server(broker(), 'Den', { systemId: 'a1b2c3d4e5f6a7b8' });
    const key = await waitingLink(broker(), den, maria, 'guest');
    const { token: bearer } = await signIn(broker(), maria);
    const [invitation] = await rows(broker(), 'invitations', bearer);
    expect(invitation).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      serverId: den.id,
      serverName: 'Den',
      serverHost: 'media.example.org:8920',
      fingerprint: 'a1b2c3d4',
      kind: 'guest',
      requester: null,
      createdAt: '2026-01-01T12:00:00.000Z',
      expiresAt: '2026-01-31T12:00:00.000Z',
    });
    expect(JSON.stringify(invitation)).not.toContain(key);
    expect(await rows(broker(), 'servers', bearer)).toEqual([]);
    for (let time = 0; time < 2; time += 1) {
      const answer = await api(broker(), 'POST', `invitations/${invitation!.id}/accept`, { bearer });
      expect([answer.status, answer.text]).toEqual([204, '']);
    }
    expect(await rows(broker(), 'invitations', bearer)).toEqual([]);
    expect(await rows(broker(), 'servers', bearer)).toMatchObject([{ id: den.id, linkKey: key }]);
    expect(await rows(broker(), 'links', bearer)).toEqual([
      {
        id: invitation!.id,
        serverId: den.id,
        serverName: 'Den',
        kind: 'guest',
        createdAt: '2026-01-01T12:00:00.000Z',
        acceptedAt: '2026-01-01T12:00:00.000Z',
      },
    ]);
  });

  test('an invitation is declined, with or without a body, and blocks only when asked to', async () => {
    const nora = await account(broker(), 'nora');
    const [den, loft] = [await server(broker(), 'Den'), await server(broker(), 'Loft')];
    await waitingLink(broker(), den, nora);
    await waitingLink(broker(), loft, nora);
    const { token: bearer } = await signIn(broker(), nora);
    const [first, second] = await rows(broker(), 'invitations', bearer);
    const decline = (id: string, json?: object): ReturnType<typeof api> =>
      api(broker(), 'POST', `invitations/${id}/decline`, { bearer, ...(json && { json }) });
    expect((await decline(first!.id)).status).toBe(204);
    expect((await decline(second!.id, { block: true })).status).toBe(204);
    expect(await rows(broker(), 'invitations', bearer)).toEqual([]);
    const blocked = await broker().app.get(LinksService).blockedBy(nora.id);
    expect(blocked.map(({ serverId }) => serverId)).toEqual([second!['serverId']]);
    expect(problemIn(await decline(first!.id))).toMatchObject({ status: 404, code: 'link-unknown' });
  });

  test('an impostor, or a server set up anew, is for the person to decide on the page (S-72)', async () => {
    const olga = await account(broker(), 'olga');
    const old = await server(broker(), 'Old', { systemId: 'same' });
    await acceptedLink(broker(), old, olga);
    await waitingLink(broker(), await server(broker(), 'New', { systemId: 'SAME' }), olga);
    const { token: bearer } = await signIn(broker(), olga);
    const [invitation] = await rows(broker(), 'invitations', bearer);
    expect(invitation!['claimsToBe']).toEqual({ serverId: old.id, serverName: 'Old' });
    const answer = await api(broker(), 'POST', `invitations/${invitation!.id}/accept`, { bearer });
    expect(problemIn(answer)).toMatchObject({
      status: 409,
      code: 'server-linked-already',
      page: 'http://localhost:0/invitations',
    });
    expect(await rows(broker(), 'servers', bearer)).toMatchObject([{ id: old.id }]);
  });

  test('a server is left, once, and only by its own link', async () => {
    const [pia, quin] = [await account(broker(), 'pia'), await account(broker(), 'quin')];
    const den = await server(broker(), 'Den');
    await acceptedLink(broker(), den, pia);
    await acceptedLink(broker(), den, quin);
    const [{ token: bearer }, { token: other }] = [await signIn(broker(), pia), await signIn(broker(), quin)];
    const [link] = await rows(broker(), 'links', bearer);
    const leave = (token: string): ReturnType<typeof api> =>
      api(broker(), 'DELETE', `links/${link!.id}`, { bearer: token });
    expect(problemIn(await leave(other))).toMatchObject({ status: 404, code: 'link-unknown' });
    expect((await leave(bearer)).status).toBe(204);
    expect(problemIn(await leave(bearer))).toMatchObject({ status: 404, code: 'link-unknown' });
    expect(await rows(broker(), 'servers', bearer)).toEqual([]);
    expect(await rows(broker(), 'servers', other)).toMatchObject([{ id: den.id }]);
  });

  test('what waits is not left but declined; what is somebody else’s is neither', async () => {
    const [rosa, sven] = [await account(broker(), 'rosa'), await account(broker(), 'sven')];
    await waitingLink(broker(), await server(broker(), 'Den'), rosa);
    const [{ token: bearer }, { token: other }] = [
      await signIn(broker(), rosa),
      await signIn(broker(), sven),
    ];
    const [invitation] = await rows(broker(), 'invitations', bearer);
    expect((await api(broker(), 'DELETE', `links/${invitation!.id}`, { bearer })).status).toBe(404);
    for (const act of ['accept', 'decline']) {
      const answer = await api(broker(), 'POST', `invitations/${invitation!.id}/${act}`, { bearer: other });
      expect(problemIn(answer)).toMatchObject({ status: 404, code: 'link-unknown' });
    }
    expect(await rows(broker(), 'invitations', bearer)).toHaveLength(1);
  });

  test.each([
    [{ block: 'yes' }, '/block'],
    [{ block: false, why: 'no' }, '/why'],
    [{ 'a/b~c': 1 }, '/a~1b~0c'],
  ])('a body %j is refused, and the field is named', async (json, pointer) => {
    const { token: bearer } = await signIn(
      broker(),
      await account(broker(), `field-${pointer.replace(/[^a-z]/g, '')}`),
    );
    const answer = await api(broker(), 'POST', `invitations/${'0'.repeat(32)}/decline`, { bearer, json });
    expect(problemIn(answer)).toMatchObject({ status: 400, code: 'invalid-request', errors: [{ pointer }] });
  });
});

import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { RestoreHold } from '../../src/features/restores/index.js';
import { ServersRepository } from '../../src/features/servers/servers.repository.js';
import { ChangeFeed } from '../../src/platform/changes/change-feed.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import { digestOf } from '../../src/platform/crypto/digest.js';
import { HOUR } from '../../src/shared/clock.js';
import { TestBroker } from '../support/broker.js';
import { eventually } from '../support/eventually.js';
import { ask, type Answer, type Call } from './ask.js';
import { hex, server, sql, type CastServer } from './cast.js';

/** Updates of a server that the broker has read before and remembers. */
let broker: TestBroker;
let home: CastServer;
const reads = () => jest.spyOn(broker.app.get(ServersRepository), 'find');

beforeAll(async () => {
  broker = await TestBroker.start();
  await eventually(() => expect(broker.app.get(ChangeFeed).isAlone).toBe(true));
});
afterAll(() => broker.remove());
beforeEach(async () => {
  home = await server(broker, 'Home');
  // Once for its network, which is news and forgets it, and once to be read.
  expect((await update()).status).toBe(200);
  expect((await update()).status).toBe(200);
});
afterEach(() => {
  jest.restoreAllMocks();
});

function update(call: Call = {}): Promise<Answer> {
  const { name, url, systemId } = home;
  return ask(broker, 'POST', `Servers?id=${home.id}`, {
    key: home.key,
    raw: { name, url, systemId },
    ...call,
  });
}

test('with nothing new it neither reads nor writes, and answers the same bytes as one that reads', async () => {
  const [read, written] = [reads(), jest.spyOn(broker.app.get(UnitOfWork), 'run')];
  const known = await update();
  expect([read.mock.calls, written.mock.calls]).toEqual([[], []]);
  broker.app.get(ChangeFeed).forget();
  const anew = await update();
  expect([read.mock.calls.length, written.mock.calls]).toEqual([1, []]);
  expect([known.status, known.text]).toEqual([anew.status, anew.text]);
  const each = { date: '', 'x-request-id': '' };
  expect({ ...known.headers, ...each }).toEqual({ ...anew.headers, ...each });
});

test('news is written and known at once, and once an hour that it was heard', async () => {
  const news = { name: 'Moved', url: 'http://192.0.2.9:8096', systemId: home.systemId };
  expect((await update({ raw: news })).object).toMatchObject({ Name: 'Moved', Url: 'http://192.0.2.9:8096' });
  expect((await update()).object).toMatchObject({ Name: 'Home' });
  expect(await broker.app.get(ServersRepository).find(home.id)).toMatchObject({ name: 'Home' });
  broker.clock.advance(HOUR);
  await update();
  expect((await broker.app.get(ServersRepository).find(home.id))?.heardAt).toBe(broker.clock.now());
});

test('a wrong key is refused only after a read, and not at all when nothing can be read', async () => {
  const read = reads();
  const wrong = { key: hex() + hex() };
  expect((await update(wrong)).status).toBe(401);
  expect(read).toHaveBeenCalledTimes(1);
  read.mockRejectedValue(new Error('the database is away'));
  for (const call of [wrong, { key: '' }]) expect((await update(call)).status).toBeGreaterThanOrEqual(500);
  expect((await update()).status).toBe(200);
});

test('a key that somebody else has replaced proves nothing any more, and the new one does', async () => {
  const key = hex() + hex();
  await sql(broker, `UPDATE servers SET key_digest = '${digestOf(key)}' WHERE id = '${home.id}'`);
  expect([(await update()).status, (await update({ key })).status]).toEqual([401, 200]);
});

test('a server that somebody else has removed is unknown', async () => {
  await sql(broker, `DELETE FROM servers WHERE id = '${home.id}'`);
  expect((await update()).status).toBe(404);
});

test('an address that somebody else has changed is news again', async () => {
  await sql(broker, `UPDATE servers SET url = 'http://192.0.2.77' WHERE id = '${home.id}'`);
  expect((await update()).status).toBe(200);
  expect(await broker.app.get(ServersRepository).find(home.id)).toMatchObject({ url: home.url });
});

test('after a restore it waits for the operator like any other', async () => {
  const at = broker.clock.now();
  const row = `INSERT INTO restores (id, backup_created_at, restored_at) VALUES ('${hex()}', ${at - 1}, ${at})`;
  await sql(broker, row);
  await broker.app.get(RestoreHold).read();
  expect((await update()).status).toBe(503);
  await sql(broker, 'DELETE FROM restores');
  await broker.app.get(RestoreHold).read();
  expect((await update()).status).toBe(200);
});

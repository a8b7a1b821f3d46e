import { beforeEach, expect, test } from '@jest/globals';
import { eachKeptDatabase, type OpenDatabase } from '../../../test/support/databases.js';
import { MailRefusalEntity } from './mail-refusal.entity.js';
import { OutboxEntity } from './outbox.entity.js';
import { mailTables, OutboxRepository, type ClaimedRow, type NewRow } from './outbox.repository.js';

const NOW = 1_767_225_600_000;
const LEASE_END = NOW + 60_000;
const NINETY_DAYS = 90 * 86_400_000;

eachKeptDatabase('the outbox', mailTables, (open) => {
  let database: OpenDatabase;
  let outbox: OutboxRepository;

  beforeEach(async () => {
    database = await open();
    outbox = new OutboxRepository(database.unitOfWork);
  });

  async function add(id: string, given: Partial<NewRow> = {}): Promise<void> {
    await database.unitOfWork.run(() =>
      outbox.add({
        id,
        kind: 'confirm-address',
        recipientKey: 'anna@example.org',
        sealed: 'sealed',
        createdAt: NOW,
        expiresAt: NOW + 86_400_000,
        ...given,
      }),
    );
  }

  const rowOf = (id: string): Promise<OutboxEntity> =>
    database.unitOfWork.reading.findOneByOrFail(OutboxEntity, { id });

  async function claimed(id: string): Promise<ClaimedRow> {
    await add(id);
    const row = await outbox.claim(NOW, LEASE_END);
    expect(row?.id).toBe(id);
    return row!;
  }

  test('refuses a mail outside a unit of work (R-20)', async () => {
    await expect(
      outbox.add({
        id: 'a',
        kind: 'confirm-address',
        recipientKey: 'x',
        sealed: 's',
        createdAt: 1,
        expiresAt: 2,
      }),
    ).rejects.toThrow('a write outside UnitOfWork.run()');
  });

  test('counts the mails of a kind for a recipient since a time', async () => {
    await add('a', { createdAt: NOW - 1 });
    await add('b');
    await add('c', { createdAt: NOW + 1 });
    await add('d', { kind: 'link-waiting' });
    await add('e', { recipientKey: 'bob@example.org' });
    expect(await outbox.countSince('confirm-address', 'anna@example.org', NOW)).toBe(2);
  });

  test('counts what the open unit of work has posted, too', async () => {
    await database.unitOfWork.run(async () => {
      await add('a');
      expect(await outbox.countSince('confirm-address', 'anna@example.org', NOW)).toBe(1);
    });
  });

  test('hands out the mail that has been due longest, and none before it is due', async () => {
    await add('late', { createdAt: NOW });
    await add('early', { createdAt: NOW - 5 });
    await add('future', { createdAt: NOW + 1 });
    const ids = [];
    for (let turn = 0; turn < 3; turn += 1) ids.push((await outbox.claim(NOW, LEASE_END))?.id);
    expect(ids).toEqual(['early', 'late', undefined]);
  });

  test('gives each mail to one of many senders (R-21)', async () => {
    for (let n = 0; n < 5; n += 1) await add(`mail-${n}`, { createdAt: NOW - n });
    const claims = await Promise.all(Array.from({ length: 20 }, () => outbox.claim(NOW, LEASE_END)));
    const ids = claims.flatMap((row) => (row === null ? [] : [row.id]));
    expect(new Set(ids).size).toBe(ids.length);
    // Who lost every race comes back; nothing is lost with it.
    while (ids.length < 5) ids.push((await outbox.claim(NOW, LEASE_END))!.id);
    expect(new Set(ids).size).toBe(5);
    expect(await outbox.claim(NOW, LEASE_END)).toBeNull();
  });

  test('hands a mail out again when its lease ends, and no longer listens to the first sender', async () => {
    const first = await claimed('a');
    expect(await outbox.claim(LEASE_END - 1, LEASE_END)).toBeNull();
    const second = await outbox.claim(LEASE_END, LEASE_END + 60_000);
    expect(second?.attempts).toBe(2);
    expect(await outbox.settle(first, { state: 'sent', at: LEASE_END, problem: null })).toBe(false);
    expect(await outbox.settle(second!, { state: 'sent', at: LEASE_END, problem: null })).toBe(true);
  });

  test('erases the content of a mail that has ended, whichever way (S-50, S-54)', async () => {
    for (const state of ['sent', 'failed', 'dropped'] as const) {
      await outbox.settle(await claimed(state), { state, at: NOW + 7, problem: null });
      expect(await rowOf(state)).toMatchObject({ state, sealed: null, endedAt: NOW + 7 });
    }
  });

  test('keeps the content of a mail that comes round again', async () => {
    await outbox.settle(await claimed('a'), { state: 'waiting', dueAt: NOW + 10, problem: 'busy' });
    expect(await rowOf('a')).toMatchObject({
      state: 'waiting',
      sealed: 'sealed',
      dueAt: NOW + 10,
      lastProblem: 'busy',
    });
  });

  test('drops what has expired unless somebody is sending it', async () => {
    await add('fresh');
    await add('expired', { expiresAt: NOW });
    await add('leased', { expiresAt: NOW, createdAt: NOW - 1 });
    expect((await outbox.claim(NOW, LEASE_END))?.id).toBe('leased');
    expect(await outbox.dropExpired(NOW)).toBe(1);
    expect(await rowOf('expired')).toMatchObject({ state: 'dropped', sealed: null, endedAt: NOW });
    expect((await rowOf('fresh')).state).toBe('waiting');
    expect((await rowOf('leased')).state).toBe('waiting');
  });

  test('forgets mails that ended long ago, and no others', async () => {
    await outbox.settle(await claimed('old'), { state: 'sent', at: NOW, problem: null });
    await outbox.settle(await claimed('new'), { state: 'sent', at: NOW + 1, problem: null });
    await add('waiting', { createdAt: 1 });
    await outbox.purge(NOW);
    const left = await database.unitOfWork.reading.find(OutboxEntity, { order: { id: 'ASC' } });
    expect(left.map(({ id }) => id)).toEqual(['new', 'waiting']);
  });

  test('counts refusals per recipient, also when they come at once', async () => {
    const rows: ClaimedRow[] = [];
    for (const id of ['a', 'b', 'c']) rows.push(await claimed(id));
    await Promise.all(rows.map((row) => outbox.refuse(row, NOW, '550 at RCPT TO')));
    expect(await outbox.refusalsOf('anna@example.org', NOW)).toBe(3);
    expect(await outbox.refusalsOf('bob@example.org', NOW)).toBe(0);
    expect(await rowOf('a')).toMatchObject({ state: 'failed', lastProblem: '550 at RCPT TO', sealed: null });
    const refusals = await database.unitOfWork.reading.find(MailRefusalEntity);
    expect(refusals).toMatchObject([{ lastAt: NOW }]);
  });

  test('does not count a refusal twice for one mail', async () => {
    const row = await claimed('a');
    expect(await outbox.refuse(row, NOW, '550')).toBe(true);
    expect(await outbox.refuse(row, NOW, '550')).toBe(false);
    expect(await outbox.refusalsOf('anna@example.org', NOW)).toBe(1);
  });

  test('forgets the refusals of a recipient when a mail was taken, and of nobody else', async () => {
    await outbox.refuse(await claimed('a'), NOW, '550');
    await add('b', { recipientKey: 'bob@example.org' });
    await outbox.refuse((await outbox.claim(NOW, LEASE_END))!, NOW, '550');
    const taken = await claimed('c');
    expect(await outbox.accept(taken, NOW)).toBe(true);
    expect(await outbox.refusalsOf('anna@example.org', NOW)).toBe(0);
    expect(await outbox.refusalsOf('bob@example.org', NOW)).toBe(1);
    expect(await rowOf('c')).toMatchObject({ state: 'sent', endedAt: NOW, sealed: null, lastProblem: null });
  });

  test('listens to no sender whose lease has ended, also when its mail was taken', async () => {
    await outbox.refuse(await claimed('a'), NOW, '550');
    const late = await claimed('b');
    await outbox.claim(LEASE_END, LEASE_END + 60_000);
    expect(await outbox.accept(late, LEASE_END)).toBe(false);
    expect(await outbox.refusalsOf('anna@example.org', NOW)).toBe(1);
  });

  test('counts a refusal for ninety days', async () => {
    await outbox.refuse(await claimed('a'), NOW, '550');
    expect(await outbox.refusalsOf('anna@example.org', NOW + NINETY_DAYS)).toBe(1);
    expect(await outbox.refusalsOf('anna@example.org', NOW + NINETY_DAYS + 1)).toBe(0);
  });

  test('begins to count anew after ninety days without a refusal', async () => {
    const [first, second, third] = [await claimed('a'), await claimed('b'), await claimed('c')];
    await outbox.refuse(first, NOW, '550');
    await outbox.refuse(second, NOW + NINETY_DAYS + 1, '550');
    expect(await outbox.refusalsOf('anna@example.org', NOW + NINETY_DAYS + 1)).toBe(1);
    await outbox.refuse(third, NOW + NINETY_DAYS + 2, '550');
    expect(await outbox.refusalsOf('anna@example.org', NOW + NINETY_DAYS + 2)).toBe(2);
  });

  test('erases refusals that do not count any more', async () => {
    await outbox.refuse(await claimed('a'), NOW, '550');
    await outbox.forgetRefusals(NOW + NINETY_DAYS);
    expect(await database.unitOfWork.reading.count(MailRefusalEntity)).toBe(1);
    await outbox.forgetRefusals(NOW + NINETY_DAYS + 1);
    expect(await database.unitOfWork.reading.count(MailRefusalEntity)).toBe(0);
  });

  test('survives a restart', async () => {
    await add('a');
    await database.connections.close();
    const restarted = await open();
    expect((await new OutboxRepository(restarted.unitOfWork).claim(NOW, LEASE_END))?.sealed).toBe('sealed');
  });
});

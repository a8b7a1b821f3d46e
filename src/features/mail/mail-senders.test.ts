import { beforeEach, describe, expect, test } from '@jest/globals';
import { eachKeptDatabase, type OpenDatabase } from '../../../test/support/databases.js';
import { ANNA, confirm, MailRoom } from '../../../test/support/mail-room.js';
import { RecordingTransport } from '../../../test/support/recording-transport.js';
import { DAY, MINUTE, SECOND } from '../../shared/clock.js';
import { HeldTransport } from './held-transport.js';
import { MailRefusalEntity } from './mail-refusal.entity.js';
import type { Delivery, RenderedMail } from './mail-transport.js';
import { LEASE_MS } from './mail-dispatch.service.js';
import { mailTables } from './outbox.repository.js';

eachKeptDatabase('the senders of mail', mailTables, (open) => {
  let database: OpenDatabase;
  let transport: RecordingTransport;
  let room: MailRoom;

  beforeEach(async () => {
    database = await open();
    transport = new RecordingTransport();
    room = new MailRoom(database.unitOfWork, transport);
  });

  /** Waits for what senders that are not waited for write down. */
  async function ended(states: string[]): Promise<void> {
    while ((await room.states()).join() !== states.join())
      await new Promise((resolve) => setImmediate(resolve));
  }

  describe('at the same time', () => {
    test('on two nodes send each mail once', async () => {
      const nodes = [room, new MailRoom(database.unitOfWork, transport, room.clock, room.keyRing)];
      await database.unitOfWork.run(async () => {
        for (let n = 0; n < 20; n += 1) await nodes[n % 2]?.outbox.post(confirm, `user${n}@example.org`);
      });
      for (const node of nodes) node.delivery.wake();
      await Promise.all(nodes.map((node) => node.jobs.idle()));
      expect(transport.mails).toHaveLength(20);
      expect(new Set(transport.mails.map(({ to }) => to)).size).toBe(20);
    });

    test('find what is left over from before a restart when they look round', async () => {
      await new MailRoom(database.unitOfWork, new HeldTransport(), room.clock, room.keyRing).post(
        confirm,
        ANNA,
      );
      const rounds = new Map<string, () => Promise<void>>();
      room.jobs.everyByOne = room.jobs.every = (name, _period, work) => rounds.set(name, work);
      room.delivery.onModuleInit();
      expect([...rounds.keys()]).toEqual(['tidy the outbox', 'look for mail']);
      await rounds.get('look for mail')?.();
      await room.jobs.idle();
      expect(transport.mails).toHaveLength(1);
    });

    test('a mail whose sender died goes to another when the lease ends, under the same Message-ID', async () => {
      const never = new Promise<Delivery>(() => undefined);
      transport.answer = () => never;
      await room.post(confirm, ANNA);
      const first = await sending(transport, 1);
      const other = new MailRoom(database.unitOfWork, transport, room.clock, room.keyRing);
      await other.later(LEASE_MS - SECOND);
      expect(transport.mails).toHaveLength(1);
      transport.answer = () => 'sent';
      await other.later(SECOND);
      expect(transport.mails[1]?.messageId).toBe(first.messageId);
      expect(await room.rows()).toMatchObject([{ state: 'sent', attempts: 2 }]);
    });

    test('one slow mailbox does not hold up the others', async () => {
      const never = new Promise<Delivery>(() => undefined);
      transport.answer = (mail) => (mail.to === ANNA ? never : 'sent');
      await room.post(confirm, ANNA);
      await sending(transport, 1);
      room.clock.advance(1);
      await room.post(confirm, 'bob@example.org');
      expect((await sending(transport, 2)).to).toBe('bob@example.org');
      await ended(['waiting', 'sent']);
    });
  });

  describe('shutdown', () => {
    test('begins no further mail', async () => {
      await room.delivery.onModuleDestroy();
      await room.post(confirm, ANNA);
      await room.later(MINUTE);
      expect(transport.mails).toEqual([]);
      expect(await room.states()).toEqual(['waiting']);
    });

    test('lets a mail under way end, then closes the transport', async () => {
      let end: (delivery: Delivery) => void = () => undefined;
      transport.answer = () => new Promise<Delivery>((resolve) => (end = resolve));
      const closed: string[] = [];
      transport.close = () => closed.push('closed');
      await room.post(confirm, ANNA);
      await sending(transport, 1);
      const stopped = room.delivery.onModuleDestroy();
      expect(closed).toEqual([]);
      end('sent');
      await stopped;
      expect(closed).toEqual(['closed']);
      expect(await room.states()).toEqual(['sent']);
    });
  });

  describe('without a mail server', () => {
    test('mail stays untouched, and one warning says so', async () => {
      const held = new MailRoom(database.unitOfWork, new HeldTransport(), room.clock);
      held.delivery.onModuleInit();
      await held.post(confirm, ANNA);
      await held.later(MINUTE);
      expect(await room.rows()).toMatchObject([{ state: 'waiting', attempts: 0 }]);
      expect(held.log.messages('warn')).toEqual(['no mail server is set: mail stays in the outbox, unsent']);
      await held.jobs.stop();
    });
  });

  describe('tidying', () => {
    test('forgets mails thirty days after they ended, and drops expired ones', async () => {
      await room.post(confirm, ANNA);
      await room.jobs.idle();
      const held = new MailRoom(database.unitOfWork, new HeldTransport(), room.clock);
      room.clock.advance(30 * DAY - 1);
      await held.post(confirm, ANNA, room.clock.now() + 1);
      await held.delivery.tidy();
      expect(await room.states()).toEqual(['sent', 'waiting']);
      room.clock.advance(1);
      await held.delivery.tidy();
      expect(await room.states()).toEqual(['dropped']);
    });

    test('erases who refused mail, once it does not count any more', async () => {
      transport.answer = () => ({ refused: '550' });
      await room.post(confirm, ANNA);
      await room.jobs.idle();
      const refusals = (): Promise<number> => database.unitOfWork.reading.count(MailRefusalEntity);
      room.clock.advance(90 * DAY);
      await room.delivery.tidy();
      expect(await refusals()).toBe(1);
      room.clock.advance(1);
      await room.delivery.tidy();
      expect(await refusals()).toBe(0);
    });
  });
});

/** Resolves with the mail whose sending is the `count`-th to begin, however the database takes its time. */
async function sending(transport: RecordingTransport, count: number): Promise<RenderedMail> {
  while (transport.mails.length < count) await new Promise((resolve) => setImmediate(resolve));
  return transport.mails[count - 1]!;
}

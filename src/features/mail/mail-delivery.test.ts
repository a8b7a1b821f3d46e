import { beforeEach, describe, expect, test } from '@jest/globals';
import { eachKeptDatabase, type OpenDatabase } from '../../../test/support/databases.js';
import { ANNA, confirm, MailRoom, testKeyRing, TOKEN } from '../../../test/support/mail-room.js';
import { RecordingTransport } from '../../../test/support/recording-transport.js';
import { DAY, HOUR, MINUTE, SECOND } from '../../shared/clock.js';
import { HeldTransport } from './held-transport.js';
import type { Mail } from './mail.js';
import { mailTables } from './outbox.repository.js';

const invitation: Mail = { kind: 'sign-up-invitation', requester: 'bob', serverName: 'Den', token: TOKEN };

eachKeptDatabase('mail delivery', mailTables, (open) => {
  let database: OpenDatabase;
  let transport: RecordingTransport;
  let room: MailRoom;

  beforeEach(async () => {
    database = await open();
    transport = new RecordingTransport();
    room = new MailRoom(database.unitOfWork, transport);
  });

  describe('posting', () => {
    test('a mail goes when its unit of work commits, and not before (R-20)', async () => {
      await database.unitOfWork.run(async () => {
        await room.outbox.post(confirm, 'Anna@Example.org');
        await room.jobs.idle();
        expect(transport.mails).toEqual([]);
      });
      await room.jobs.idle();
      expect(transport.mails).toMatchObject([
        { to: 'Anna@Example.org', subject: 'Confirm your e-mail address' },
      ]);
      expect(transport.mails[0]?.link).toBe(`https://signpost.example/confirm?token=${TOKEN}`);
    });

    test('a unit of work that is rolled back sends nothing', async () => {
      const rolledBack = database.unitOfWork.run(async () => {
        await room.outbox.post(confirm, ANNA);
        throw new Error('changed my mind');
      });
      await expect(rolledBack).rejects.toThrow('changed my mind');
      await room.later(MINUTE);
      expect(transport.mails).toEqual([]);
      expect(await room.rows()).toEqual([]);
    });

    test('outside a unit of work is refused', async () => {
      await expect(room.outbox.post(confirm, ANNA)).rejects.toThrow('outside UnitOfWork.run()');
    });

    test('counts without regard to the case of the address', async () => {
      await room.post(confirm, 'Anna@Example.org');
      const since = room.clock.now() - DAY;
      expect(await room.outbox.countSince('confirm-address', 'aNNA@example.ORG', since)).toBe(1);
      expect(await room.outbox.countSince('sign-up-attempt', ANNA, since)).toBe(0);
    });

    test('keeps neither token nor the name in readable form, and nothing at all after sending (S-50, S-54)', async () => {
      transport.answer = () => ({ retry: 'busy' });
      await room.post(confirm, ANNA);
      await room.jobs.idle();
      const [waiting] = await room.rows();
      expect(waiting?.sealed).toMatch(/^encrypt-1\./);
      expect(JSON.stringify(waiting)).not.toMatch(new RegExp(`${TOKEN}|"anna"`));
      transport.answer = () => 'sent';
      await room.later(HOUR);
      expect(await room.rows()).toMatchObject([{ state: 'sent', sealed: null }]);
    });
  });

  describe('trouble', () => {
    test('is retried on schedule for a day, under one Message-ID, then given up (R-21, R-22)', async () => {
      const attempts: number[] = [];
      transport.answer = () => {
        attempts.push(room.clock.now());
        return { retry: 'ECONNREFUSED' };
      };
      await room.post(confirm, ANNA);
      await room.jobs.idle();
      for (let row = (await room.rows())[0]!; row.state === 'waiting'; row = (await room.rows())[0]!) {
        await room.later(row.dueAt - room.clock.now());
      }
      const pauses = attempts.slice(1).map((at, index) => at - attempts[index]!);
      const schedule = [10 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, 30 * MINUTE];
      pauses.forEach((pause, index) => {
        const planned = schedule[index] ?? HOUR;
        expect(pause).toBeGreaterThanOrEqual(planned * 0.8);
        expect(pause).toBeLessThanOrEqual(planned * 1.2);
      });
      expect(attempts.at(-1)! - attempts[0]!).toBeGreaterThan(DAY - 1.3 * HOUR);
      expect(attempts.at(-1)! - attempts[0]!).toBeLessThan(DAY);
      expect(new Set(transport.mails.map(({ messageId }) => messageId)).size).toBe(1);
      expect(await room.rows()).toMatchObject([
        { state: 'failed', lastProblem: 'ECONNREFUSED', sealed: null },
      ]);
    });

    test('that passes lets the mail through', async () => {
      transport.answer = () => ({ retry: '451 at RCPT TO' });
      await room.post(confirm, ANNA);
      await room.jobs.idle();
      transport.answer = () => 'sent';
      await room.later(7 * SECOND);
      expect(transport.mails).toHaveLength(1);
      await room.later(6 * SECOND);
      expect(transport.mails).toHaveLength(2);
      expect(await room.rows()).toMatchObject([{ state: 'sent', attempts: 2 }]);
    });

    test('with the key ring is no reason to lose a mail', async () => {
      const other = new MailRoom(database.unitOfWork, transport, room.clock, testKeyRing());
      transport.answer = () => ({ retry: 'busy' });
      await room.post(confirm, ANNA);
      await room.jobs.idle();
      await other.later(12 * SECOND);
      expect(await room.rows()).toMatchObject([{ state: 'waiting', lastProblem: 'could not be prepared' }]);
      expect(other.log.messages('error')).toEqual(['mail could not be prepared']);
      transport.answer = () => 'sent';
      await room.later(MINUTE);
      expect(await room.states()).toEqual(['sent']);
    });

    test('is logged without recipient and token', async () => {
      transport.answer = () => ({ refused: '550 5.1.1 at RCPT TO' });
      await room.post(confirm, ANNA);
      await room.jobs.idle();
      expect(room.log.lines).toMatchObject([
        {
          level: 'warn',
          message: 'mail not sent',
          fields: { state: 'failed', problem: '550 5.1.1 at RCPT TO' },
        },
      ]);
      expect(JSON.stringify(room.log.lines)).not.toMatch(new RegExp(`${ANNA}|${TOKEN}`));
    });
  });

  describe('expiry', () => {
    test('a mail whose link has died is dropped unsent, with its content', async () => {
      transport.answer = () => ({ retry: 'busy' });
      await room.post(confirm, ANNA, room.clock.now() + 20 * SECOND);
      await room.jobs.idle();
      await room.later(20 * SECOND);
      expect(transport.mails).toHaveLength(1);
      expect(await room.rows()).toMatchObject([{ state: 'dropped', lastProblem: 'expired', sealed: null }]);
    });

    test('a mail is not tried again where its link would be dead by then', async () => {
      transport.answer = () => ({ retry: 'busy' });
      await room.post(confirm, ANNA, room.clock.now() + 5 * SECOND);
      await room.jobs.idle();
      expect(await room.rows()).toMatchObject([{ state: 'failed', lastProblem: 'busy', sealed: null }]);
    });

    test('a mail left over from a long outage still goes while its link lives', async () => {
      const held = new MailRoom(database.unitOfWork, new HeldTransport(), room.clock, room.keyRing);
      await held.post(invitation, ANNA, room.clock.now() + 7 * DAY);
      await room.later(3 * DAY);
      expect(transport.mails).toHaveLength(1);
    });
  });

  describe('refusal', () => {
    async function refuse(mail: Mail): Promise<void> {
      transport.answer = () => ({ refused: '550' });
      await room.post(mail, ANNA);
      await room.jobs.idle();
      transport.answer = () => 'sent';
      room.clock.advance(SECOND);
    }

    test('is final', async () => {
      await refuse(confirm);
      await room.later(DAY);
      expect(transport.mails).toHaveLength(1);
      expect(await room.states()).toEqual(['failed']);
    });

    test('twice stops invitations to that recipient, and nothing else (R-21)', async () => {
      await refuse(confirm);
      await refuse(invitation);
      await room.post(invitation, 'ANNA@example.org');
      await room.later(SECOND);
      await room.post(invitation, 'bob@example.org');
      await room.later(SECOND);
      await room.post(confirm, ANNA);
      await room.jobs.idle();
      expect(await room.states()).toEqual(['failed', 'failed', 'dropped', 'sent', 'sent']);
      expect((await room.rows())[2]).toMatchObject({ lastProblem: 'recipient suppressed', sealed: null });
    });

    test('is forgotten once a mail was taken: two in a row count, not two ever', async () => {
      await refuse(confirm);
      await room.post(confirm, 'ANNA@example.org');
      await room.later(SECOND);
      await refuse(confirm);
      await room.post(invitation, ANNA);
      await room.jobs.idle();
      expect(await room.states()).toEqual(['failed', 'sent', 'failed', 'sent']);
    });

    test('counts for ninety days', async () => {
      await refuse(confirm);
      await refuse(confirm);
      room.clock.advance(90 * DAY - SECOND);
      await room.post(invitation, ANNA);
      await room.jobs.idle();
      await room.later(SECOND);
      await room.post(invitation, ANNA);
      await room.jobs.idle();
      expect((await room.states()).slice(2)).toEqual(['dropped', 'sent']);
    });
  });

  describe('posting nothing (S-32)', () => {
    const postNothing = (): Promise<void> => database.unitOfWork.run(() => room.outbox.postNothing());

    test('leaves a row that no sender sees', async () => {
      await postNothing();
      await room.later(DAY);
      expect(transport.mails).toEqual([]);
      expect(room.log.lines).toEqual([]);
      expect(await room.rows()).toMatchObject([
        { kind: 'nothing', recipientKey: '', state: 'dropped', attempts: 0, sealed: null },
      ]);
    });

    test('is not in the way of real mail', async () => {
      await postNothing();
      await room.post(confirm, ANNA);
      await postNothing();
      await room.jobs.idle();
      expect(transport.mails).toHaveLength(1);
    });

    test('seals as much as for a mail of common size, and wakes the senders', async () => {
      const done: string[] = [];
      const { keyRing, delivery } = room;
      const seal = keyRing.seal.bind(keyRing);
      keyRing.seal = (text, context) => {
        done.push(`seal ${Math.round(text.length / 100)}00`);
        return seal(text, context);
      };
      delivery.wake = () => done.push('wake');
      await room.post({ kind: 'reset-password', userName: 'anna', token: TOKEN }, ANNA);
      const posted = done.splice(0);
      await postNothing();
      expect(done).toEqual(posted);
    });

    test('and posting a mail answer alike: no sender begins before whoever posted has gone on', async () => {
      let begun = false;
      const next = room.dispatch.next.bind(room.dispatch);
      room.dispatch.next = () => {
        begun = true;
        return next();
      };
      await room.post(confirm, ANNA);
      for (let step = 0; step < 100; step += 1) await Promise.resolve();
      expect(begun).toBe(false);
      await room.jobs.idle();
      expect(transport.mails).toHaveLength(1);
    });

    test('happens only if its unit of work commits', async () => {
      const rolledBack = database.unitOfWork.run(async () => {
        await room.outbox.postNothing();
        throw new Error('changed my mind');
      });
      await expect(rolledBack).rejects.toThrow('changed my mind');
      expect(await room.rows()).toEqual([]);
      await expect(room.outbox.postNothing()).rejects.toThrow('outside UnitOfWork.run()');
    });

    test('is forgotten after thirty days like what was sent', async () => {
      await postNothing();
      room.clock.advance(30 * DAY - 1);
      await room.delivery.tidy();
      expect(await room.rows()).toHaveLength(1);
      room.clock.advance(1);
      await room.delivery.tidy();
      expect(await room.rows()).toEqual([]);
    });
  });
});

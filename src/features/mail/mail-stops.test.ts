import { expect, test } from '@jest/globals';
import { eachKeptDatabase } from '../../../test/support/databases.js';
import { MailRoom } from '../../../test/support/mail-room.js';
import { RecordingTransport } from '../../../test/support/recording-transport.js';
import { mailTables } from './index.js';
import { MailStops } from './mail-stops.service.js';

const invitation = {
  kind: 'sign-up-invitation',
  requester: 'bob',
  serverName: 'Attic',
  token: 'abc',
} as const;
const own = { kind: 'password-changed', userName: 'alice' } as const;

eachKeptDatabase('stopping invitations', mailTables, (open) => {
  async function room() {
    const { unitOfWork } = await open();
    const transport = new RecordingTransport();
    const mailRoom = new MailRoom(unitOfWork, transport);
    const { keyRing, repository, clock, config } = mailRoom;
    return { transport, mailRoom, stops: new MailStops(keyRing, repository, unitOfWork, clock, config) };
  }

  const tokenIn = (link: string | null | undefined): string =>
    new URL(link ?? '').searchParams.get('token') ?? '';

  test('every invitation carries a link that stops them, in both bodies; other mails do not', async () => {
    const { transport, mailRoom } = await room();
    await mailRoom.post(invitation, 'Alice@example.org');
    await mailRoom.post(own, 'alice@example.org');
    await mailRoom.later(1);
    const invited = transport.mails.find(({ subject }) => subject.includes('Attic'));
    expect(invited?.stopLink).toMatch(/^https:\/\/signpost\.example\/stop\?token=/);
    expect(invited?.text).toContain(invited?.stopLink);
    expect(invited?.html).toContain('/stop?token=');
    expect(transport.mails.find(({ subject }) => !subject.includes('Attic'))?.stopLink).toBeNull();
  });

  test('after it no invitation goes to the address, in any letter case, but mails about the account do', async () => {
    const { transport, mailRoom, stops } = await room();
    await mailRoom.post(invitation, 'Alice@example.org');
    await mailRoom.later(1);
    const token = tokenIn(transport.mails[0]?.stopLink);
    expect(stops.addressIn(token)).toBe('alice@example.org');
    await stops.stop(token);
    await stops.stop(token);
    await mailRoom.post(invitation, 'ALICE@example.org');
    await mailRoom.post(own, 'alice@example.org');
    await mailRoom.post(invitation, 'other@example.org');
    await mailRoom.later(1);
    expect(transport.mails.slice(1).map(({ to }) => to)).toEqual(['alice@example.org', 'other@example.org']);
  });

  test('a token that nobody sealed, or that was sealed for something else, stops nothing', async () => {
    const { mailRoom, stops } = await room();
    for (const token of ['', 'x', mailRoom.keyRing.seal('alice@example.org', ['outbox', 'id'])]) {
      await expect(stops.stop(token)).rejects.toMatchObject({ kind: 'gone', code: 'link-spent' });
    }
  });
});

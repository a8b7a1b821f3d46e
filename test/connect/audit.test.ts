import { expect, test } from '@jest/globals';
import { RecoveryService, VerificationService } from '../../src/features/accounts/index.js';
import { MINUTE } from '../../src/shared/clock.js';
import { eachBroker } from '../support/broker.js';
import { PASSWORD } from '../support/people.js';
import { ask, type Answer } from './ask.js';
import { account, device, server, sql, unverified } from './cast.js';

interface Row {
  readonly kind: string;
  readonly outcome: string;
  readonly account_id: string | null;
  readonly server_id: string | null;
  readonly network: string;
  readonly detail: string;
}

eachBroker('what happened is written down (S-130)', { LIMITS: 'on', TRUST_PROXY: '127.0.0.1' }, (broker) => {
  const events = async (kind: string): Promise<Row[]> =>
    (await sql(broker(), `SELECT * FROM audit_events WHERE kind = '${kind}' ORDER BY at`)) as Row[];

  test('a wrong PIN, from where, and not which', async () => {
    const person = await account(broker(), 'typo');
    const call = { token: await device(broker(), person), form: { pin: 'BCDFGHJK' }, from: '192.0.2.7' };
    expect((await ask(broker(), 'POST', 'pin/confirm', call)).status).toBe(404);
    const [event, ...more] = await events('pin-confirmed');
    const whose = { account_id: person.id, network: '192.0.2.7', detail: '' };
    expect([event, more]).toEqual([expect.objectContaining({ outcome: 'refused', ...whose }), []]);
  });

  test('a PIN that is made, by its app', async () => {
    const headers = { 'X-Application': 'Theater/3' };
    const made = await ask(broker(), 'POST', 'pin', { form: { deviceId: 'tv' }, from: '192.0.2.8', headers });
    expect(made.status).toBe(200);
    const rows = await events('pin-made');
    const event = { outcome: 'ok', account_id: null, network: '192.0.2.8', detail: 'Theater/3' };
    expect(rows).toEqual([expect.objectContaining(event)]);
    expect(JSON.stringify(rows)).not.toContain(made.field('Pin'));
  });

  test('sign-ins that are refused unseen: once a quarter of an hour, whether or not there is such an account', async () => {
    const { id } = await account(broker(), 'flooded');
    const tries = async (nameOrEmail: string, from: string): Promise<void> => {
      const answers: Answer[] = [];
      for (let count = 0; count < 9; count += 1) {
        const form = { nameOrEmail, rawpw: 'wrong password' };
        answers.push(await ask(broker(), 'POST', 'user/authenticate', { form, from }));
      }
      expect(answers.at(-1)?.status).toBe(429);
    };
    const limited = async (): Promise<unknown[]> =>
      (await events('sign-in')).filter(({ outcome }) => outcome === 'limited').map((row) => row.account_id);
    await tries('flooded', '192.0.2.20');
    expect(await limited()).toEqual([id]);
    await tries('flooded', '192.0.2.21');
    expect(await limited()).toEqual([id]);
    await tries('flooded-by-nobody', '192.0.2.22');
    expect(await limited()).toEqual([id, null]);
    broker().clock.advance(15 * MINUTE);
    await tries('flooded', '192.0.2.23');
    expect(await limited()).toEqual([id, null, id]);
  });

  test('mails that are asked for once more', async () => {
    const waiting = await unverified(broker(), 'waiting');
    const { app } = broker();
    await app.get(VerificationService).resend('waiting@example.org', '192.0.2.30');
    await app.get(VerificationService).resend('nobody@example.org', '192.0.2.30');
    await app.get(RecoveryService).forgot('nobody', '192.0.2.30');
    const asked = await events('confirmation-asked');
    expect(asked.map((row) => row.account_id)).toEqual([waiting.id, null]);
    expect(await events('password-reset-asked')).toHaveLength(1);
  });

  test('a device that signs out', async () => {
    const person = await account(broker(), 'quitter');
    const token = await device(broker(), person);
    expect((await ask(broker(), 'POST', 'user/logout', { token })).status).toBe(200);
    const event = { outcome: 'ok', account_id: person.id, detail: 'Test/1' };
    expect(await events('device-ended')).toEqual([expect.objectContaining(event)]);
  });

  test('new addresses of a server, and not that it was heard from', async () => {
    const { id, key, systemId } = await server(broker(), 'Mover');
    const update = (url: string): Promise<Answer> =>
      ask(broker(), 'POST', `Servers?id=${id}`, { key, raw: { name: 'Mover', url, systemId } });
    for (const url of ['https://one.example', 'https://one.example', 'https://two.example']) {
      expect((await update(url)).status).toBe(200);
      broker().clock.advance(61 * MINUTE);
    }
    const changes = await events('server-changed');
    expect(changes.map((row) => [row.server_id, row.detail])).toEqual([
      [id, 'Mover'],
      [id, 'Mover'],
    ]);
  });

  test('nothing that opens anything', async () => {
    const { id, key } = await server(broker(), 'Quiet');
    const person = await account(broker(), 'quiet');
    const token = await device(broker(), person);
    const everything = JSON.stringify(await sql(broker(), 'SELECT * FROM audit_events'));
    expect(everything).toContain(id);
    for (const secret of [key, token, PASSWORD]) expect(everything).not.toContain(secret);
    expect(everything).not.toMatch(/[0-9a-f]{64}/);
  });
});

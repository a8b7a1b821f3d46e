import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { InvitationsService } from '../../src/features/links/index.js';
import type { Connections } from '../../src/platform/database/connections.js';
import { CONNECTIONS } from '../../src/platform/database/database.module.js';
import { createLog } from '../../src/platform/logging/log.js';
import { Device } from '../simulator/device.js';
import { MediaServer } from '../simulator/media-server.js';
import { eachBroker, type TestBroker } from '../support/broker.js';
import { PASSWORD, signUp } from '../support/people.js';
import { ask } from './ask.js';
import { hex, sql } from './cast.js';

const WRONG = 'a password that is wrong 8472';

/** What may be found nowhere: by what it is, so that a failure does not print it. */
class Secrets {
  readonly #values = new Map<string, string>();

  add(what: string, value: string): void {
    if (value.length < 8) throw new Error(`${what} is too short to be looked for`);
    this.#values.set(what, value);
  }

  /** Names of those that stand in a text, in any letter case, or escaped for a URL. */
  foundIn(text: string): string[] {
    const haystack = text.toLowerCase();
    return [...this.#values]
      .filter(([, value]) =>
        [value, encodeURIComponent(value), value.replaceAll(' ', '+')].some((needle) =>
          haystack.includes(needle.toLowerCase()),
        ),
      )
      .map(([what]) => what);
  }
}

/** The whole job, successes and failures of every kind; collects what was secret in it. */
async function play(broker: TestBroker): Promise<{ secrets: Secrets; mailTokens: Secrets }> {
  const [secrets, mailTokens] = [new Secrets(), new Secrets()];
  secrets.add('password', PASSWORD);
  const alice = await signUp(broker, 'alice');
  mailTokens.add('confirmation', await broker.mailbox.lastToken(alice.email));
  const device = new Device({ broker: broker.url });
  await device.signIn('alice', PASSWORD);
  secrets.add('device token', device.signedIn!.accessToken);
  const server = new MediaServer({ broker: broker.url, name: 'Home' });
  await server.start();
  try {
    secrets.add('server key', server.registration!.accessKey);
    server.addUser('local');
    await server.linkUser('local', alice.email);
    mailTokens.add('answer', await broker.mailbox.lastToken(alice.email));
    secrets.add('link key', server.user('local').connect!.accessKey);
    await device.accept(server.registration!.id);
    await device.servers();
    await server.inviteGuest('newcomer@example.org', 'local');
    const invitation = await broker.mailbox.lastToken('newcomer@example.org');
    mailTokens.add('invitation', invitation);
    const given = { userName: 'newcomer', password: 'another good password', network: '127.0.0.1' };
    secrets.add('other password', given.password);
    await broker.app.get(InvitationsService).signUp(invitation, given);
    await server.refresh();
    await playPin(broker, device, secrets);
    await playFailures(broker, secrets);
    return { secrets, mailTokens };
  } finally {
    await server.stop();
  }
}

async function playPin(broker: TestBroker, device: Device, secrets: Secrets): Promise<void> {
  const tv = new Device({ broker: broker.url });
  const [pin, unused] = [await tv.createPin(), await tv.createPin()];
  secrets.add('PIN', pin.pin);
  secrets.add('unused PIN', unused.pin);
  secrets.add('PIN handle', pin.deviceId);
  await tv.pollPin(pin);
  await device.confirmPin(pin.pin);
  secrets.add('token by PIN', (await tv.exchangePin(pin)).accessToken);
}

async function playFailures(broker: TestBroker, secrets: Secrets): Promise<void> {
  const [token, key, linkKey] = [hex() + hex(), hex() + hex(), `${hex()}_`];
  secrets.add('wrong password', WRONG);
  secrets.add('unknown token', token);
  secrets.add('unknown key', key);
  secrets.add('bad link key', linkKey);
  const login = { nameOrEmail: 'alice', rawpw: WRONG };
  const headers = { 'Content-Type': 'application/json' };
  await ask(broker, 'POST', 'user/authenticate', { form: login });
  await ask(broker, 'POST', 'user/authenticate', { query: login });
  await ask(broker, 'POST', 'user/authenticate', { body: `{"rawpw":"${WRONG}"`, headers });
  await ask(broker, 'POST', 'user/authenticate', { json: { nameOrEmail: 'alice', rawpw: [WRONG] } });
  await ask(broker, 'POST', 'user/authenticate', { query: login, form: { ...login, rawpw: 'other' } });
  await ask(broker, 'POST', 'register', { json: { email: 'x', userName: 'y', rawpw: WRONG } });
  await ask(broker, 'GET', 'servers', { token });
  await ask(broker, 'GET', `servers?${token}`, { token });
  await ask(broker, 'GET', 'ServerAuthorizations', { key, headers: { Authorization: `Bearer ${token}` } });
  await ask(broker, 'POST', 'ServerAuthorizations', { key, raw: { userId: '1', accessToken: linkKey } });
  // A password that holds an ampersand, in a query that nobody escaped.
  secrets.add('rest of a password', 'TheRestOfIt');
  await ask(broker, 'POST', 'user/authenticate?nameOrEmail=alice&rawpw=Some&TheRestOfIt');
  // Trouble in the middle of it all: errors of databases carry the values of their statements.
  await sql(broker, 'ALTER TABLE accounts RENAME TO hidden');
  await ask(broker, 'POST', 'user/authenticate', { form: login });
  await ask(broker, 'POST', 'register', {
    json: { email: 'late@example.org', userName: 'late', rawpw: WRONG },
  });
  await sql(broker, 'ALTER TABLE hidden RENAME TO accounts');
  await sql(broker, 'ALTER TABLE device_tokens RENAME TO hidden');
  await ask(broker, 'GET', 'servers', { token });
  await ask(broker, 'POST', 'user/authenticate', { form: { ...login, rawpw: PASSWORD } });
  await sql(broker, 'ALTER TABLE hidden RENAME TO device_tokens');
}

/** The lines as the process would print them. */
function printed(broker: TestBroker, isWanted: (message: string) => boolean): string {
  let text = '';
  const log = createLog('debug', { write: (line: string) => (text += line) });
  for (const { level, fields, message } of broker.log.lines)
    if (isWanted(message)) log[level](fields, message);
  return text;
}

async function everyRow(broker: TestBroker): Promise<string> {
  const { reader } = broker.app.get<Connections>(CONNECTIONS);
  const tables = reader.entityMetadatas.map(({ tableName }) => tableName);
  const rows = await Promise.all(tables.map((table) => reader.query<unknown>(`SELECT * FROM ${table}`)));
  return inspect(rows, { depth: null, maxArrayLength: null, maxStringLength: null });
}

function everyByte(folder: string): string {
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join('\n');
}

eachBroker('after the whole job, its failures and an outage', {}, (broker) => {
  test('no secret stands in a log line, a row or a file, except links of mails in the log that prints mails', async () => {
    const { secrets, mailTokens } = await play(broker());
    const [log, mails] = [
      printed(broker(), (message) => message !== 'mail'),
      printed(broker(), (message) => message === 'mail'),
    ];
    expect(log).toContain('request failed');
    expect(log.split('\n').length).toBeGreaterThan(40);
    expect(secrets.foundIn(log + mails)).toEqual([]);
    expect(mailTokens.foundIn(log)).toEqual([]);
    expect(mailTokens.foundIn(mails)).toEqual(['confirmation', 'answer', 'invitation']);

    const rows = await everyRow(broker());
    expect(rows).toContain('alice');
    expect([...secrets.foundIn(rows), ...mailTokens.foundIn(rows)]).toEqual([]);

    // While it runs the WAL is there too; afterwards everything is in the file.
    for (const state of ['running', 'closed']) {
      if (state === 'closed') await broker().close();
      const bytes = everyByte(broker().dataDir);
      expect([...secrets.foundIn(bytes), ...mailTokens.foundIn(bytes)]).toEqual([]);
    }
    await broker().open();
  });
});

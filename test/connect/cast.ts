import { randomBytes } from 'node:crypto';
import { AccountsService, SignUpService, type Account } from '../../src/features/accounts/index.js';
import { AccountsRepository } from '../../src/features/accounts/accounts.repository.js';
import { LinkRequestsService, LinksService, type LinkKind } from '../../src/features/links/index.js';
import { ServersService, type Server } from '../../src/features/servers/index.js';
import { DevicesService } from '../../src/features/sessions/index.js';
import { ChangeFeed } from '../../src/platform/changes/change-feed.js';
import { CONNECTIONS } from '../../src/platform/database/database.module.js';
import { UnitOfWork } from '../../src/platform/database/unit-of-work.js';
import type { Connections } from '../../src/platform/database/connections.js';
import type { AccountId } from '../../src/shared/ids.js';
import type { TestBroker } from '../support/broker.js';
import { PASSWORD } from '../support/people.js';

/** Accounts, servers and links for tests whose subject is something else: made through the services, not the wire. */

export interface CastServer extends Server {
  readonly key: string;
  readonly url: string;
}

/** An account that may sign in; `PASSWORD` is its password. */
export async function account(broker: TestBroker, userName: string): Promise<Account> {
  const given = { userName, email: `${userName}@example.org`, password: PASSWORD, network: `cast-${hex()}` };
  await broker.app.get(SignUpService).signUpInvited(given, () => Promise.resolve());
  return found(broker, userName);
}

/** Many accounts at the price of one password hash. */
export async function accounts(broker: TestBroker, userNames: readonly string[]): Promise<Account[]> {
  const [first = '', ...others] = userNames;
  const repository = broker.app.get(AccountsRepository);
  const original = await repository.find((await account(broker, first)).id);
  if (!original) throw new Error(`there is no ${first}`);
  await broker.app.get(UnitOfWork).run(async () => {
    for (const [at, userName] of others.entries()) {
      const id = String(BigInt(original.id) - BigInt(at + 1)) as AccountId;
      await repository.claimId(id);
      await repository.add({ ...original, id, userName, email: `${userName}@example.org` });
    }
  });
  return Promise.all(userNames.map((userName) => found(broker, userName)));
}

/** An account whose address is not confirmed. */
export async function unverified(broker: TestBroker, userName: string): Promise<Account> {
  const given = { userName, email: `${userName}@example.org`, password: PASSWORD, network: `cast-${hex()}` };
  await broker.app.get(SignUpService).signUp(given);
  return found(broker, userName);
}

/** @returns the token of a device that is signed in to the account */
export function device(broker: TestBroker, of: Account): Promise<string> {
  return broker.app.get(DevicesService).signIn(of, { app: 'Test/1', name: 'TV', network: '127.0.0.1' });
}

export async function server(
  broker: TestBroker,
  name: string,
  fields: { url?: string; systemId?: string; localAddress?: string } = {},
): Promise<CastServer> {
  const given = {
    name,
    url: 'https://media.example.org:8920',
    systemId: hex(),
    localAddress: undefined,
    ...fields,
  };
  const { server: registered, key } = await broker.app.get(ServersService).register(given, `cast-${hex()}`);
  return { ...registered, key };
}

/** A link that the person has not answered. @returns its link key */
export async function waitingLink(
  broker: TestBroker,
  at: Server,
  of: Account,
  kind: LinkKind = 'linked',
): Promise<string> {
  const key = hex();
  await broker.app
    .get(LinkRequestsService)
    .request(at, { accountId: of.id, kind, key, requester: undefined });
  return key;
}

/** A link that the person said yes to. @returns its link key */
export async function acceptedLink(
  broker: TestBroker,
  at: Server,
  of: Account,
  kind: LinkKind = 'linked',
): Promise<string> {
  const key = await waitingLink(broker, at, of, kind);
  await broker.app.get(LinksService).accept(of.id, { serverId: at.id });
  return key;
}

/** What an operator will do: switches an account off. */
export async function disable(broker: TestBroker, id: AccountId): Promise<void> {
  await sql(broker, `UPDATE accounts SET state = 'disabled' WHERE id = '${id}'`);
}

/** Changes the store behind the broker's back. */
export async function sql(broker: TestBroker, statement: string): Promise<unknown> {
  const result: unknown = await broker.app.get<Connections>(CONNECTIONS).writer.query(statement);
  // On the broker's own connection, so that it cannot notice by itself.
  broker.app.get(ChangeFeed).forget();
  return result;
}

/** 32 hex digits, as media servers make ids and keys. */
export function hex(): string {
  return randomBytes(16).toString('hex');
}

async function found(broker: TestBroker, userName: string): Promise<Account> {
  const stored = await broker.app.get(AccountsService).findByIdentifier(userName);
  if (!stored) throw new Error(`there is no ${userName}`);
  return stored;
}

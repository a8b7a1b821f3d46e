import { KnownBrowsers, SignInService, type Account } from '../../src/features/accounts/index.js';
import { AccountLookupService, LinksService } from '../../src/features/links/index.js';
import { PinsService } from '../../src/features/pins/index.js';
import { signIn } from '../api/app-token.js';
import {
  account,
  acceptedLink,
  device,
  server,
  unverified,
  waitingLink,
  type CastServer,
} from '../connect/cast.js';
import type { TestBroker } from '../support/broker.js';
import { PASSWORD } from '../support/people.js';

/** What must still be true of a kept database after every upgrade. */
export interface Proofs {
  readonly userName: string;
  readonly accountId: string;
  readonly password: string;
  readonly deviceToken: string;
  readonly serverKey: string;
  /** Link keys of the accepted and of the waiting link of that server. */
  readonly keys: { readonly accepted: string; readonly waiting: string };
}

/** People, devices, media servers, links in every state: what stands in the database that is kept. */
export async function live(broker: TestBroker): Promise<Proofs> {
  const [maria, nora] = [await account(broker, 'maria'), await account(broker, 'nora')];
  await unverified(broker, 'otto');
  const deviceToken = await device(broker, maria);
  const [den, loft] = [await server(broker, 'Den'), await server(broker, 'Loft')];
  const accepted = await acceptedLink(broker, den, maria);
  const waiting = await waitingLink(broker, den, nora, 'guest');
  await waitingLink(broker, loft, maria);
  await signIn(broker, maria);
  await leaveTraces(broker, maria, [den, loft]);
  return {
    userName: 'maria',
    accountId: maria.id,
    password: PASSWORD,
    deviceToken,
    serverKey: den.key,
    keys: { accepted, waiting },
  };
}

async function leaveTraces(
  { app }: TestBroker,
  maria: Account,
  [den, loft]: [CastServer, CastServer],
): Promise<void> {
  const network = '192.0.2.7';
  const proof = { form: 'password', text: PASSWORD } as const;
  await app.get(SignInService).signIn('maria', proof, { network }, () => Promise.resolve());
  await app.get(KnownBrowsers).welcome(maria.id, '');
  await app.get(LinksService).block(maria.id, loft.id);
  await app.get(AccountLookupService).lookUp(den, { identifier: 'stranger@example.org' }, network);
  await app.get(PinsService).create('tv', 'TV/1', network);
}

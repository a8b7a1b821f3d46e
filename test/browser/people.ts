import { AccountsService } from '../../src/features/accounts/index.js';
import { WebSessionsService } from '../../src/features/sessions/index.js';
import { account } from '../connect/cast.js';
import type { TestBroker } from '../support/broker.js';
import { PASSWORD, type Person } from '../support/people.js';
import type { Visitor } from './visitor.js';

export { PASSWORD };

/** Somebody with an account, for tests that are not about how one comes to it. */
export async function member(broker: TestBroker, userName: string): Promise<Person> {
  const { id, email } = await account(broker, userName);
  return { id, userName, email, password: PASSWORD };
}

/** Signs in on the page, from wherever the visitor is. */
export async function signIn(visitor: Visitor, identifier: string, password = PASSWORD): Promise<void> {
  if (!visitor.path.startsWith('/sign-in')) await visitor.open('/sign-in');
  await visitor.send({ identifier, password }, 'Sign in');
  if (visitor.path.startsWith('/sign-in')) throw new Error(`could not sign in: ${await visitor.text()}`);
}

/** The same browser a moment after signing in, on that page: for tests that are not about signing in. */
export async function arriveSignedIn(visitor: Visitor, { userName }: Person, path: string): Promise<void> {
  const { app, url } = visitor.broker;
  const found = await app.get(AccountsService).findByIdentifier(userName);
  if (!found) throw new Error(`there is no ${userName}`);
  const description = { browser: 'Chromium', network: '127.0.0.1', persistent: false };
  const token = await app.get(WebSessionsService).signIn(found, description);
  await visitor.context.addCookies([{ name: 'sid', value: token, url }]);
  await visitor.open(path);
  if (visitor.path !== path) throw new Error(`${userName} is not signed in, and was led to ${visitor.path}`);
}

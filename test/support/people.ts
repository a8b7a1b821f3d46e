import { AccountsService } from '../../src/features/accounts/index.js';
import { VerificationService } from '../../src/features/accounts/index.js';
import { register } from '../simulator/sign-up.js';
import type { TestBroker } from './broker.js';

export const PASSWORD = 'correct horse battery staple';

export interface Person {
  readonly id: string;
  readonly userName: string;
  readonly email: string;
  readonly password: string;
}

/** Signs a person up over the wire and confirms the address with the mail that came. */
export async function signUp(
  broker: TestBroker,
  userName: string,
  email = `${userName}@example.org`,
): Promise<Person> {
  const { status } = await register(broker.url, { userName, email, password: PASSWORD });
  if (status !== 200) throw new Error(`sign-up of ${userName} was answered ${status}`);
  await broker.app
    .get(VerificationService)
    .confirm(await broker.mailbox.lastToken(email), PASSWORD, '127.0.0.1');
  const account = await broker.app.get(AccountsService).findByIdentifier(userName);
  if (!account) throw new Error(`${userName} was not signed up`);
  return { id: account.id, userName, email, password: PASSWORD };
}

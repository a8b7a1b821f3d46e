import { PASSWORD } from '../support/people.js';
import type { Visitor } from './visitor.js';

export { PASSWORD };

/** Signs in on the page, from wherever the visitor is. */
export async function signIn(visitor: Visitor, identifier: string, password = PASSWORD): Promise<void> {
  if (!visitor.path.startsWith('/sign-in')) await visitor.open('/sign-in');
  await visitor.send({ identifier, password }, 'Sign in');
  if (visitor.path.startsWith('/sign-in')) throw new Error(`could not sign in: ${await visitor.text()}`);
}

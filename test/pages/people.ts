import { PASSWORD } from '../support/people.js';
import type { Browser } from './browser.js';

export { PASSWORD };

/** Signs up and confirms the address, on the pages alone. @returns the e-mail address */
export async function join(browser: Browser, userName: string): Promise<string> {
  const email = `${userName}@example.org`;
  await browser.submit('/sign-up', { userName, email, password: PASSWORD });
  const form = await browser.openMail(email);
  const { status } = await browser.submit('/confirm', form.filled({ password: PASSWORD }));
  if (status !== 200) throw new Error(`${userName} could not confirm: ${status}`);
  return email;
}

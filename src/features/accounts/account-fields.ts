import { invalidField } from '../../shared/domain-error.js';

const NAME_MAX = 32;
const EMAIL_MAX = 254;
const DOMAIN_LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
const LOCAL_PART = /^[A-Za-z0-9.!#$%&'*+/=?^_{}~-]{1,64}$/;

/**
 * A user name: 1–32 of letters, digits, `- _ ' .`, beginning and ending with a letter or digit.
 *
 * Media servers create guests under it and strip everything else; an empty or twisted name would block a server's
 * whole reconciliation (danger D3). `@` stays out so that names and addresses cannot be mistaken for each other (Q13).
 *
 * @throws DomainError invalid
 */
export function userName(text: string): string {
  if (text.length > NAME_MAX) throw invalidField('userName', `must have at most ${NAME_MAX} characters`);
  if (!/^[A-Za-z0-9._'-]+$/.test(text)) {
    throw invalidField('userName', "may hold letters a to z, digits and - _ ' . only");
  }
  if (!/^[A-Za-z0-9]/.test(text) || !/[A-Za-z0-9]$/.test(text)) {
    throw invalidField('userName', 'must begin and end with a letter or a digit');
  }
  return text;
}

/**
 * An e-mail address by the grammar of S-91: ASCII, one `@`, no quotes, comments or spaces, a domain with a dot.
 *
 * @throws DomainError invalid
 */
export function emailAddress(text: string): string {
  if (!isEmailAddress(text)) throw invalidField('email', 'must be an address such as name@example.org');
  return text;
}

export function isEmailAddress(text: string): boolean {
  if (text.length > EMAIL_MAX) return false;
  const [local = '', domain = '', ...rest] = text.split('@');
  if (rest.length > 0 || !LOCAL_PART.test(local)) return false;
  const labels = domain.split('.');
  return labels.length > 1 && labels.every((label) => DOMAIN_LABEL.test(label));
}

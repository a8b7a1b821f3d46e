import type { PasswordProof } from '../../features/accounts/index.js';
import { invalidField } from '../../shared/domain-error.js';
import type { Parameters } from './parameters/parameters.js';

/** What somebody who signs in by password says (E7). */
export const SIGN_IN_PARAMETERS = ['nameOrEmail', 'userName', 'rawpw', 'password', 'pw'] as const;

/** @throws DomainError invalid if it is missing */
export function identifierOf(wire: Parameters): string {
  const identifier = wire.optional('nameOrEmail') ?? wire.optional('userName');
  if (identifier === undefined) throw invalidField('nameOrEmail', 'is missing');
  return identifier;
}

/**
 * `rawpw` is the password, `password` and `pw` the MD5 of clients before 2016-10 (E7).
 *
 * @throws DomainError invalid if it is missing
 */
export function proofOf(wire: Parameters): PasswordProof {
  const raw = wire.optional('rawpw');
  if (raw !== undefined) return { form: 'password', text: raw };
  const md5 = wire.optional('password') ?? wire.optional('pw');
  if (md5 === undefined) throw invalidField('rawpw', 'is missing');
  return { form: 'legacy-md5', text: md5 };
}

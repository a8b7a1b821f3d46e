import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import type { PasswordFault } from './account.errors.js';
import { CommonPasswords } from './common-passwords.js';

/** Whose password it is going to be. */
interface Owner {
  readonly userName: string;
  readonly email: string;
}

/** What anybody would try for this person at this broker, and what to call it in the refusal. */
interface ContextWord {
  readonly word: string;
  readonly fault: PasswordFault;
  readonly meaning: string;
}

/** Why a password is refused. */
export interface PasswordProblem {
  readonly fault: PasswordFault;
  /** The end of a sentence that begins with the field: "must not be …". */
  readonly text: string;
}

/** As much of the rules as can be said while somebody types; what is common is known to this policy alone. */
export interface PasswordRules {
  readonly minLength: number;
  /** Lower-case words of this broker that may not make up a password. */
  readonly serviceName: string;
  readonly serviceAddress: readonly string[];
}

const PRODUCT = 'signpost';

/** A word that makes up this share of a password leaves too little to guess (S-02). */
const SHARE = 0.75;

/**
 * Which new passwords are too easy to guess, whatever their length (S-02). No rule about kinds or order of characters
 * (S-01).
 *
 * Asked where a password is set, and never where one is checked: people must get in with the one they have.
 */
@Injectable()
export class PasswordPolicy {
  readonly #common = new CommonPasswords();
  readonly #broker: readonly ContextWord[];
  /** For pages. */
  readonly rules: PasswordRules;

  constructor(config: Config) {
    const address = addressWords(new URL(config.publicUrl).hostname);
    this.rules = {
      minLength: config.passwordMinLength,
      serviceName: PRODUCT,
      serviceAddress: address,
    };
    this.#broker = brokerWords(address);
  }

  /** Null if it may be set. */
  problemWith(password: string, about: Owner): PasswordProblem | null {
    const text = folded(password);
    if (this.#common.has(text))
      return { fault: 'common', text: 'must not be a password that many people use' };
    const context = [...this.#broker, ...ownerWords(about)].find(({ word }) => makesUp(word, text));
    return context ? { fault: context.fault, text: `must be more than ${context.meaning}` } : null;
  }
}

/** Letter case and typographic forms of a letter are what a guesser tries first, so they make no difference here. */
function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

function addressWords(host: string): string[] {
  return [...new Set([host, ...host.split('.')].map(folded))];
}

function brokerWords(address: readonly string[]): ContextWord[] {
  const meaning = 'the address of this service';
  return [
    { word: PRODUCT, fault: 'service-name', meaning: 'the name of this service' },
    ...address.map((word) => ({ word, fault: 'service-address' as const, meaning })),
  ];
}

function ownerWords({ userName, email }: Owner): ContextWord[] {
  const address = { fault: 'email', meaning: 'your e-mail address' } as const;
  return [
    { word: folded(userName), fault: 'user-name', meaning: 'your user name' },
    { word: folded(email), ...address },
    { word: folded(email.slice(0, Math.max(0, email.lastIndexOf('@')))), ...address },
  ];
}

/** Every time the word stands there counts: `anna1anna2anna` says no more than `anna`. */
function makesUp(word: string, text: string): boolean {
  if (word === '') return false;
  const rest = text.replaceAll(word, '');
  return text.length - rest.length >= SHARE * text.length && rest !== text;
}

import { Injectable } from '@nestjs/common';
import { Config } from '../../config/index.js';
import { CommonPasswords } from './common-passwords.js';

/** Whose password it is going to be. */
interface Owner {
  readonly userName: string;
  readonly email: string;
}

/** What anybody would try for this person at this broker, and what to call it in the refusal. */
interface ContextWord {
  readonly word: string;
  readonly meaning: string;
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

  constructor(config: Config) {
    this.#broker = brokerWords(new URL(config.publicUrl).hostname);
  }

  /** The end of a sentence that begins with the field ("must not be …"), for `invalidField`; null if it may be set. */
  problemWith(password: string, about: Owner): string | null {
    const text = folded(password);
    if (this.#common.has(text)) return 'must not be a password that many people use';
    const context = [...this.#broker, ...ownerWords(about)].find(({ word }) => makesUp(word, text));
    return context ? `must be more than ${context.meaning}` : null;
  }
}

/** Letter case and typographic forms of a letter are what a guesser tries first, so they make no difference here. */
function folded(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

function brokerWords(host: string): ContextWord[] {
  const meaning = 'the address of this service';
  return [
    { word: PRODUCT, meaning: 'the name of this service' },
    ...[host, ...host.split('.')].map((word) => ({ word: folded(word), meaning })),
  ];
}

function ownerWords({ userName, email }: Owner): ContextWord[] {
  const meaning = 'your e-mail address';
  return [
    { word: folded(userName), meaning: 'your user name' },
    { word: folded(email), meaning },
    { word: folded(email.slice(0, Math.max(0, email.lastIndexOf('@')))), meaning },
  ];
}

/** Every time the word stands there counts: `anna1anna2anna` says no more than `anna`. */
function makesUp(word: string, text: string): boolean {
  if (word === '') return false;
  const rest = text.replaceAll(word, '');
  return text.length - rest.length >= SHARE * text.length && rest !== text;
}

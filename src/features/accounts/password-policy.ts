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

/** A word or a row that makes up this share of a password leaves too little to guess (S-02). */
const SHARE = 0.75;

/** A shorter part that is written again and again is a password below the floor of S-01. */
const LONGEST_REPEATED = 7;

/** Fewer neighbours in a row are found in good passwords as well. */
const SHORTEST_ROW = 4;

/** Alphabet, digits, and the keyboards of most of our people. */
const ROWS = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890123456789',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qwertzuiop',
  'yxcvbnm',
  'azertyuiop',
  'qsdfghjklm',
  'wxcvbn',
].flatMap((row) => [row, Array.from(row).reverse().join('')]);

/**
 * Which new passwords are too easy to guess, whatever their length (S-02). No rule about kinds of characters.
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
    if (context) return `must be more than ${context.meaning}`;
    if (repeats(text)) return 'must be more than a few characters repeated';
    if (isMostlyRows(text)) return 'must be more than neighbours of the alphabet or the keyboard';
    return null;
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

/** Whether a short part is written again and again, the last time perhaps not to its end. */
function repeats(text: string): boolean {
  const longest = Math.min(LONGEST_REPEATED, Math.floor(text.length / 2));
  for (let length = 1; length <= longest; length += 1) {
    if (text.slice(length) === text.slice(0, -length)) return true;
  }
  return false;
}

function isMostlyRows(text: string): boolean {
  let inRows = 0;
  for (let start = 0; start < text.length;) {
    const length = rowAt(text, start);
    if (length >= SHORTEST_ROW) inRows += length;
    start += length;
  }
  return inRows > 0 && inRows >= SHARE * text.length;
}

/** How many characters from `start` on are neighbours in one row, or one and the same; at least 1. */
function rowAt(text: string, start: number): number {
  let length = 1;
  while (start + length < text.length && isRow(text.slice(start, start + length + 1))) length += 1;
  return length;
}

function isRow(text: string): boolean {
  return text === text.charAt(0).repeat(text.length) || ROWS.some((row) => row.includes(text));
}

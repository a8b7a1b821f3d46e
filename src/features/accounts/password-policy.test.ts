import { describe, expect, it } from '@jest/globals';
import { leastWork } from '../../../test/support/least-work.js';
import { loadConfig } from '../../config/index.js';
import { CommonPasswords } from './common-passwords.js';
import { PasswordPolicy } from './password-policy.js';

const policy = new PasswordPolicy(loadConfig({ PUBLIC_URL: 'https://media.example.org' }));
const about = { userName: 'Marie.Curie', email: 'm.sklodowska@example.net' };

const problemWith = (password: string): string | null => policy.problemWith(password, about)?.text ?? null;

/** The most common of the source list with 8 characters and more, and with 12 and more. */
const TOP =
  `password 12345678 123456789 baseball football qwertyuiop 1234567890 superman 1qaz2wsx trustno1 jennifer
  sunshine iloveyou starwars computer michelle 11111111 princess 987654321 corvette 1234qwer 88888888 q1w2e3r4t5 internet
  samantha whatever maverick steelers mercedes 123123123 qwer1234 hardcore q1w2e3r4 midnight bigdaddy victoria 1q2w3e4r
  cocacola marlboro asdfasdf 87654321 12344321 jordan23 jonathan liverpoo danielle abcd1234 scorpion qazwsxedc password1
  slipknot qwerty123 startrek 12341234 redskins butthead asdfghjkl qwertyui liverpool dolphins nicholas elephant mountain
  xxxxxxxx 1q2w3e4r5t metallic benjamin creative rush2112 asdfghjk 4815162342 passw0rd 1qazxsw2 garfield 01012011 69696969
  december 11223344 godzilla airborne lifehack brooklyn platinum darkness blink182 789456123 12qwaszx snowball pakistan
  12345qwert 123qweasdzxc 1qaz2wsx3edc q1w2e3r4t5y6 1q2w3e4r5t6y qazwsxedcrfv 123456qwerty qwerty123456 qwertyqwerty
  123456654321 leavemealone gfhjkmgfhjkm qazwsxedc123 ghjcnjgfhjkm zxcasdqwe123 sonyericsson 123456789qwe 1qazxsw23edc
  qwerasdfzxcv 123456789987654321 123456123456 112233445566 websolutions qweasdzxc123 unbelievable ghbdtnrfrltkf
  1qaz2wsx3edc4rfv finalfantasy contortionist 123qwe123qwe justinbieber administrator needforspeed counterstrike`
    .trim()
    .split(/\s+/);

describe('the bundled list', () => {
  const list = new CommonPasswords();

  it('has more than 100,000 passwords of 8 characters and more', () => {
    expect(list.size).toBe(146_606);
  });

  it('finds each of the most common', () => {
    expect(TOP.filter((password) => !list.has(password))).toEqual([]);
  });

  it('does not find what it does not hold', () => {
    const made = Array.from({ length: 20_000 }, (_, index) => `not in any list: ${index}`);
    expect(made.filter((password) => list.has(password))).toEqual([]);
  });
});

describe('a new password', () => {
  it.each(TOP)('is refused when it is as common as %s', (password) => {
    expect(problemWith(password)).toBe('must not be a password that many people use');
  });

  it.each([
    ['in capitals', 'PASSWORD1234'],
    ['in wide letters', 'ｐａｓｓｗｏｒｄ１２３４'],
    ['with a ligature', 'ﬁnalfantasy'],
  ])('is refused when it is a common one %s', (_, password) => {
    expect(problemWith(password)).toBe('must not be a password that many people use');
  });

  it.each([
    ['Signpost-123', null],
    ['SIGNPOST1!', 'must be more than the name of this service'],
    ['sign-signpost', null],
    ['signpost-signpost', 'must be more than the name of this service'],
    ['media.example.org', 'must be more than the address of this service'],
    ['Media.Example.Org1234', 'must be more than the address of this service'],
    ['example!!', 'must be more than the address of this service'],
    ['marie.curie', 'must be more than your user name'],
    ['Marie.Curie86', 'must be more than your user name'],
    ['86marie.curie8', 'must be more than your user name'],
    ['1867marie.curie', null],
    ['m.sklodowska', 'must be more than your e-mail address'],
    ['M.Sklodowska24', 'must be more than your e-mail address'],
    ['m.sklodowska@example.net', 'must be more than your e-mail address'],
  ])('is judged by words that are easy to think of: %s', (password, problem) => {
    expect(problemWith(password)).toBe(problem);
  });

  it('counts a word as often as it stands there', () => {
    const anna = { userName: 'anna', email: 'x@example.net' };
    expect(policy.problemWith('anna1anna2anna', anna)).toEqual({
      fault: 'user-name',
      text: 'must be more than your user name',
    });
  });

  it.each([
    'correct horse battery staple',
    'correct horse battery staple 1234',
    'v8#Kq!zP0w@L',
    'all lower case letters',
    '493027158640',
    'Kg7Kg7Kg7Kg7Kg7',
    'три весёлых гуся',
    '秘密の庭園で猫が眠る',
    '🐈🎸🌵🚲🦆🧭🪁🍋🧦🎈🛶🧊',
  ])('may be anything else: %s', (password) => {
    expect(problemWith(password)).toBeNull();
  });

  it('is no trouble for an account without a name or an address', () => {
    expect(policy.problemWith('v8#Kq!zP0w@L', { userName: '', email: '' })).toBeNull();
    expect(policy.problemWith('', { userName: '', email: '' })).toBeNull();
  });

  it('is judged in less than a millisecond, the longest too', async () => {
    const passwords = ['v8#Kq!zP0w@L', 'abcdefg '.repeat(32), 'ab'.repeat(127) + 'c', 'é'.repeat(256)];
    const rounds = 20;
    const judging = (): void => {
      for (let round = 0; round < rounds; round += 1) passwords.forEach(problemWith);
    };
    expect(await leastWork(judging)).toBeLessThan(rounds * passwords.length);
  });
});

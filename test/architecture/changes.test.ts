import { describe, expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';

/** Tables from which lists and credentials are remembered. Whoever writes to them must say so. */
const REMEMBERED = [
  'LinkEntity',
  'ServerEntity',
  'AccountEntity',
  'DeviceTokenEntity',
  'WebSessionEntity',
  'AppSignInEntity',
];

/** Methods that write there and need not, each with the reason. */
const EXEMPT: Readonly<Record<string, string>> = {
  'AccountsRepository.add': 'nothing was remembered of an account that did not exist',
  'AccountsRepository.removeUnverifiedBefore': 'an unconfirmed account has no sign-in and no link',
  'AccountsRepository.countFailedSignIn': 'nobody remembers the counter',
  'AccountsRepository.clearFailedSignIns': 'nobody remembers the counter',
  'AccountsRepository.setFindable': 'look-ups are read anew each time',
  'AccountsRepository.replacePassword': 'the same password under new parameters: sign-ins stay',
  'AuditRepository.add': 'nobody remembers events',
  'AppSignInsRepository.add': 'nothing was remembered of a sign-in that did not exist',
  'AppSignInsRepository.markUsed': 'sign-ins of apps are read anew each time',
  'AppSignInsRepository.removeExpired': 'expiry is judged by the clock each time',
  'DevicesRepository.add': 'nothing was remembered of a token that did not exist',
  'DevicesRepository.markUsed': 'whoever remembers a device keeps the stamp itself',
  'DevicesRepository.removeExpired': 'expiry is judged by the clock each time',
  'KnownBrowsersRepository.remember': 'nobody remembers known browsers',
  'KnownBrowsersRepository.replace': 'nobody remembers known browsers',
  'KnownNetworksRepository.remember': 'nobody remembers known networks',
  'PinsRepository.add': 'nobody remembers PINs',
  'WebSessionsRepository.add': 'nothing was remembered of a token that did not exist',
  'WebSessionsRepository.markUsed': 'browsers are read anew each time',
  'WebSessionsRepository.renew': 'browsers are read anew each time',
  'WebSessionsRepository.removeIdleSince': 'expiry is judged by the clock each time',
};

interface Method {
  readonly name: string;
  readonly writes: boolean;
  readonly notes: boolean;
}

/** The methods of the classes in a source file, and what each does. */
function methodsOf(source: string): Method[] {
  const file = ts.createSourceFile('one.ts', source, ts.ScriptTarget.Latest, true);
  return file.statements.filter(ts.isClassDeclaration).flatMap((declaration) =>
    declaration.members.filter(ts.isMethodDeclaration).map((method) => {
      const text = method.getText(file);
      return {
        name: `${declaration.name?.text ?? ''}.${method.name.getText(file)}`,
        // Prepared statements stand in fields that are called so.
        writes:
          (/\bwriting\b/.test(text) &&
            REMEMBERED.some((entity) => new RegExp(`\\b${entity}\\b`).test(text))) ||
          text.includes('this.#write'),
        notes: /this\.(?:changes\.note(?:Heard)?|#note)\(/.test(text),
      };
    }),
  );
}

const repositories = readdirSync('src/features', { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.repository.ts'))
  .flatMap((name) => methodsOf(readFileSync(`src/features/${name}`, 'utf8')));

describe('a repository', () => {
  test('says what it changes in every method that writes to what is remembered, or stands here with its reason', () => {
    const writing = repositories.filter(({ writes }) => writes);
    expect(writing.length).toBeGreaterThan(20);
    const silent = writing.filter(({ notes }) => !notes).map(({ name }) => name);
    expect(silent.sort()).toEqual(Object.keys(EXEMPT).sort());
  });
});

test('the look for methods finds one that writes and says nothing', () => {
  const source = `class R {
    async silent() { await this.unitOfWork.writing.delete(LinkEntity, {}); }
    async prepared() { await this.#writeNews([1]); }
    async loud() { await this.unitOfWork.writing.delete(LinkEntity, {}); this.changes.note('account', '1'); }
    read() { return this.unitOfWork.reading.find(LinkEntity); }
  }`;
  expect(methodsOf(source)).toEqual([
    { name: 'R.silent', writes: true, notes: false },
    { name: 'R.prepared', writes: true, notes: false },
    { name: 'R.loud', writes: true, notes: true },
    { name: 'R.read', writes: false, notes: false },
  ]);
});

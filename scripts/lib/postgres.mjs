/**
 * A private PostgreSQL cluster for tests: made by initdb in a temporary folder, on a free port of the loopback, and gone
 * with that folder. fsync and synchronous_commit stay on, because the broker refuses a database that may lose what it
 * said it kept. No cluster of the system is ever touched.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { run, tail } from './child.mjs';
import { findProgram, installMissing } from './debian.mjs';
import { quickFolder } from './quick-folder.mjs';
import { say } from './say.mjs';
import { freePort, postgresAnswers } from './sockets.mjs';

/** @typedef {{ url: string, folder: string }} PrivatePostgres */

const asRoot = process.getuid?.() === 0;

/** PostgreSQL refuses to run as root: then its own user runs it. @param {string} program @param {readonly string[]} args */
export function runAsItsUser(program, args) {
  return asRoot
    ? run('runuser', ['-u', 'postgres', '--', program, ...args], { cwd: '/' })
    : run(program, args, { cwd: '/' });
}

/**
 * @param {string} base a folder that PostgreSQL's user may walk through
 * @returns {Promise<PrivatePostgres | null>} null, with a word on stderr, where it cannot be had
 */
export async function startPostgres(base) {
  await installMissing(['postgresql']);
  const [initdb, control] = [findProgram('initdb'), findProgram('pg_ctl')];
  if (initdb === null || control === null) return null;
  const folder = mkdtempSync(path.join(quickFolder(base), 'signpost-pg-'));
  if (asRoot && (await run('chown', ['postgres', folder])).code !== 0) {
    say('PostgreSQL does not run as root, and there is no user named postgres');
    return abandon(folder);
  }
  const data = path.join(folder, 'data');
  const made = await runAsItsUser(initdb, [
    '-D',
    data,
    '-U',
    'postgres',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--no-locale',
    '--no-sync',
  ]);
  if (made.code !== 0) {
    say(`${tail(made.output, 20)}\nsignpost: initdb failed`);
    return abandon(folder);
  }
  try {
    return await serve(control, folder);
  } catch (error) {
    // Interrupted while it started: it may run already.
    await runAsItsUser(control, ['-D', data, '-m', 'immediate', '-w', 'stop']);
    throw error;
  }
}

/** @param {string} folder @returns {null} */
function abandon(folder) {
  rmSync(folder, { recursive: true, force: true });
  return null;
}

/**
 * The free port may be taken by somebody else before PostgreSQL has it, hence the tries.
 * @param {string} control @param {string} folder @returns {Promise<PrivatePostgres | null>}
 */
async function serve(control, folder) {
  const data = path.join(folder, 'data');
  // A socket's path has room for about a hundred characters; tests use TCP anyway.
  const sockets = folder.length < 80 ? folder : '';
  let output = '';
  for (let attempt = 0; attempt < 3; attempt++) {
    const port = await freePort();
    const settings = `-p ${port} -h 127.0.0.1 -c unix_socket_directories='${sockets}' -c max_connections=200 -c max_wal_size=256MB`;
    const started = await runAsItsUser(control, [
      '-D',
      data,
      '-l',
      path.join(folder, 'log'),
      '-o',
      settings,
      '-w',
      'start',
    ]);
    if (started.code === 0) return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, folder };
    output = started.output;
  }
  say(`${tail(output, 20)}\nsignpost: PostgreSQL did not start; see ${path.join(folder, 'log')}`);
  return null;
}

/** Also right when it is long gone. @param {PrivatePostgres} postgres */
export async function stopPostgres({ url, folder }) {
  const control = findProgram('pg_ctl');
  // Only when it answers: after a crash of the machine the process id in its folder may be somebody else's.
  if (control !== null && (await postgresAnswers(url))) {
    await runAsItsUser(control, ['-D', path.join(folder, 'data'), '-m', 'immediate', '-w', 'stop']);
  }
  rmSync(folder, { recursive: true, force: true });
}

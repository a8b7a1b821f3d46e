/** Programs of others that P-1 and P-5 are compared with, where Debian's packages of them are installed. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findProgram } from '../../scripts/lib/debian.mjs';
import { announcementBy, certificateIn } from './announcements.mjs';
import { startSilent } from './processes.mjs';

/** @typedef {Awaited<ReturnType<typeof startSilent>>} Subject */
/** @typedef {import('./stage.mjs').Stage} Stage */

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}

/** @param {string} url */
async function answered(url) {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const isThere = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isThere) return;
    await pause(50);
  }
  throw new Error(`${url} does not answer`);
}

/** One process that keeps connections open for good and writes no log, as the bare servers. */
const nginxSettings = (
  /** @type {{ port: number, folder: string, file: string }} */ { port, folder, file },
) => `
daemon off; master_process off; worker_processes 1; pid ${folder}/nginx.pid; error_log stderr;
events { worker_connections 1024; }
http {
  access_log off; sendfile on; tcp_nopush on; open_file_cache max=10; keepalive_requests 1000000000;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((what) => `${what}_temp_path ${folder}/${what};`).join(' ')}
  types {} default_type "application/json; charset=utf-8";
  server { listen 127.0.0.1:${port}; location = /service/servers { alias ${file}; } }
}
`;

/**
 * nginx with a file of the same bytes.
 * @param {string} folder to write in
 * @param {string} file
 * @returns {Promise<Subject | null>} null: not installed
 */
export async function startNginx(folder, file) {
  const program = findProgram('nginx');
  if (program === null) return null;
  const port = await freePort();
  const settings = path.join(folder, 'nginx.conf');
  writeFileSync(settings, nginxSettings({ port, folder, file }));
  const subject = startSilent([program, '-e', 'stderr', '-p', folder, '-c', settings], port, folder);
  await answered(`http://127.0.0.1:${port}/service/servers`);
  return subject;
}

/** As Syncthing names a device: the digest of its certificate in base32 (RFC 4648), here without check digits. */
function deviceIdOf(/** @type {Buffer} */ certificate) {
  const digits = [...createHash('sha256').update(certificate).digest()];
  const bits = digits.map((digit) => digit.toString(2).padStart(8, '0')).join('');
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const fives = bits.padEnd(260, '0').match(/.{5}/g) ?? [];
  return fives.map((five) => alphabet[parseInt(five, 2)]).join('');
}

/**
 * Syncthing's discovery server, as it stands behind a proxy: with one device, which is looked up over and over.
 * @param {Stage} stage
 * @returns {Promise<{ subject: Subject, path: string, certificate: string } | null>} `certificate`: file of one that may announce;
 * null: not installed
 */
export async function startSyncthingDiscovery(stage) {
  const program = findProgram('stdiscosrv');
  if (program === null) {
    stage.lacks('Syncthing’s discovery server (Debian: syncthing-discosrv)');
    return null;
  }
  const folder = stage.subfolder('syncthing');
  const port = await freePort();
  const command = [program, '-http', '-listen', `127.0.0.1:${port}`, '-db-dir', `${folder}/discovery.db`];
  const subject = startSilent(command, port, folder);
  const url = `http://127.0.0.1:${port}`;
  await answered(`${url}/ping`);
  // Any certificate names a device; the server has made one for itself.
  const certificate = path.join(folder, 'cert.pem');
  const device = certificateIn(certificate);
  const announced = await fetch(url, { method: 'POST', ...announcementBy(device) });
  if (!announced.ok) throw new Error(`Syncthing's discovery server answered ${announced.status}`);
  return { subject, path: `/?device=${deviceIdOf(device)}`, certificate };
}

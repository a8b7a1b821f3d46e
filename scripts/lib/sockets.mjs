/** Looks at a port from outside: is it free, and does PostgreSQL or Redis answer there? Needs no package. */
import { randomInt } from 'node:crypto';
import net from 'node:net';

/**
 * As `src/free-port.ts`: below the ports that connections going out are given, one of which may take it before it is used.
 * @returns {Promise<number>} a TCP port of the loopback that was free a moment ago
 */
export async function freePort() {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = randomInt(20_000, 30_000);
    if (await isFree(port)) return port;
  }
  throw new Error('no free port was found');
}

/** @param {number} port @returns {Promise<boolean>} */
function isFree(port) {
  return new Promise((resolve) => {
    const server = net.createServer().once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/**
 * Sends `question` and waits, 2 s at most, until `enough` likes the answer so far.
 * @param {string} url its host and port count
 * @param {number} defaultPort
 * @param {string | Uint8Array} question
 * @param {(answer: string) => boolean} enough
 * @returns {Promise<string | null>} null: nobody there, or not who we thought
 */
function ask(url, defaultPort, question, enough) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let answer = '';
    const socket = net.connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || defaultPort });
    /** @param {string | null} result */
    const end = (result) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(2_000, () => end(null));
    socket.on('error', () => end(null)).on('close', () => end(null));
    socket.on('connect', () => socket.write(question));
    socket.setEncoding('utf8').on('data', (/** @type {string} */ piece) => {
      answer += piece;
      if (enough(answer)) end(answer);
    });
  });
}

/** The protocol's SSLRequest: length 8, code 80877103; any PostgreSQL answers S or N before it asks for a password. */
const sslRequest = Uint8Array.of(0, 0, 0, 8, 4, 210, 22, 47);

/** @param {string} url @returns {Promise<boolean>} */
export const postgresAnswers = async (url) =>
  (await ask(url, 5432, sslRequest, (answer) => /^[SN]/.test(answer))) !== null;

/** An error answer (a password is wanted, say) is an answer too. @param {string} url @returns {Promise<boolean>} */
export const redisAnswers = async (url) =>
  (await ask(url, 6379, 'PING\r\n', (answer) => /^(\+PONG|-[A-Z]+ )/.test(answer))) !== null;

/**
 * @param {string} url
 * @returns {Promise<string | null>} what tells this run of this Redis from every other
 */
export async function redisRunId(url) {
  const answer = await ask(url, 6379, 'INFO server\r\n', (text) => /\brun_id:[0-9a-f]+\r/.test(text));
  return /\brun_id:([0-9a-f]+)/.exec(answer ?? '')?.[1] ?? null;
}

/** @param {string} url */
export async function redisShutdown(url) {
  await ask(url, 6379, 'SHUTDOWN NOSAVE\r\n', () => false);
}

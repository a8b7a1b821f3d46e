/**
 * The load generator: a process of its own that says in one line of JSON what came back.
 *
 * Raw sockets and ready requests, because a client library costs more per request than the servers that are compared: the
 * generator would be what is measured. One request at a time on each connection, as devices do it; answers are read by
 * their Content-Length.
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { AnswerReader } from './answer-reader.mjs';
import { parsed } from './json.mjs';
import { fieldsOf, PASSWORD, richServerOf, serverIdOf, serverKeyOf, tokenOf, userNameOf } from './cast.mjs';

/**
 * @typedef {object} Job
 * @property {number} port
 * @property {number} connections
 * @property {'list' | 'same' | 'update' | 'change' | 'accept' | 'sign-in' | 'plain'} kind `list` and `same` are E4 without and with what is known
 * already; `update` tells nothing new, `change` another address each time; `accept` answers an invitation
 * @property {number} from
 * @property {number} [step] from one account to the next; 1 unless given
 * @property {number} count so many different accounts or servers, evenly
 * @property {number} [seconds] how long; without it, each once
 * @property {number} [nth] which of an account's ten servers is accepted
 * @property {number} [servers] how many there are in all
 * @property {string} [path]
 * @property {string} [tokens] file of access tokens, an account's each: ask by the API
 */

/** @typedef {{ requests: number, seconds: number, rate: number, p50: number, p99: number, statuses: Record<string, number>, bytes: number }} Outcome times in milliseconds */

const job = /** @type {Job} */ (parsed(process.argv[2] ?? '{}'));
const { port, connections, kind, from, count, step = 1 } = job;
const accessTokens =
  job.tokens === undefined ? null : /** @type {string[]} */ (parsed(readFileSync(job.tokens, 'utf8')));

/** @param {string} line @param {readonly string[]} more */
const head = (line, more) => Buffer.from([line, 'Host: localhost', ...more, '', ''].join('\r\n'));

/** @param {number} at */
function accept(at) {
  const server = serverIdOf(richServerOf({ servers: job.servers ?? 1 }, at, job.nth ?? 0));
  const line = `GET /service/ServerAuthorizations/accept?serverId=${server} HTTP/1.1`;
  return head(line, [`X-Connect-UserToken: ${tokenOf(at)}`]);
}

/** Never said before. */
let addresses = Date.now();

/** @param {number} at */
function update(at) {
  const news = kind === 'change' ? { url: `https://media-${(addresses += 1)}.example.org:8920` } : {};
  const line = `POST /service/Servers?id=${serverIdOf(at)} HTTP/1.1`;
  return form(line, { ...fieldsOf(at), ...news }, [`X-Connect-Token: ${serverKeyOf(at)}`]);
}

/** @param {number} at */
const signIn = (at) =>
  form('POST /service/user/authenticate HTTP/1.1', { nameOrEmail: userNameOf(at), rawpw: PASSWORD }, []);

/** @param {string} line @param {Record<string, string>} fields @param {readonly string[]} more */
function form(line, fields, more) {
  const body = new URLSearchParams(fields).toString();
  const type = 'Content-Type: application/x-www-form-urlencoded';
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  return Buffer.concat([head(line, [type, length, ...more]), Buffer.from(body)]);
}

/** @param {number} at */
const credentialOf = (at) =>
  accessTokens ? `Authorization: Bearer ${accessTokens[at] ?? ''}` : `X-Connect-UserToken: ${tokenOf(at)}`;

const CHANGES = { accept, update, change: update, 'sign-in': signIn };

/** @param {number} at @param {string} [etag] */
function request(at, etag) {
  const path = job.path ?? (accessTokens ? '/api/v1/servers' : '/service/servers');
  if (kind === 'plain') return head(`GET ${path} HTTP/1.1`, []);
  if (kind !== 'list' && kind !== 'same') return CHANGES[kind](at);
  return head(`GET ${path} HTTP/1.1`, [
    credentialOf(at),
    ...(etag === undefined ? [] : [`If-None-Match: ${etag}`]),
  ]);
}

/** @type {Map<string, number>} */
const statuses = new Map();
/** @type {number[]} */
const times = [];
let bytes = 0;

/**
 * Sends what `next` gives, one after another, until it gives nothing.
 * @param {() => Buffer | undefined} next
 * @param {(head: string) => void} [onHead]
 * @returns {Promise<void>}
 */
function talk(next, onHead) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const reader = new AnswerReader((head) => {
      const status = head.slice(9, 12);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      onHead?.(head);
    });
    let sentAt = 0;
    const send = () => {
      const request = next();
      if (request === undefined) {
        socket.destroy();
        resolve();
        return;
      }
      sentAt = performance.now();
      socket.write(request);
    };
    socket.on('connect', send);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed the connection')));
    socket.on('data', (/** @type {Buffer} */ chunk) => {
      bytes += chunk.length;
      if (!reader.take(chunk)) return;
      times.push(performance.now() - sentAt);
      send();
    });
  });
}

/** Asks for every list once. @returns {Promise<string[]>} the ETags */
async function etags() {
  /** @type {string[]} */
  const found = [];
  let at = 0;
  const one = async () => {
    let mine = 0;
    const next = () => (at < count ? request(from + (mine = at++) * step) : undefined);
    await talk(next, (head) => (found[mine] = /\r\netag: ([^\r]+)/i.exec(head)?.[1] ?? '"none"'));
  };
  await Promise.all(Array.from({ length: connections }, one));
  return found;
}

/** @param {readonly number[]} sorted @param {number} share */
const quantile = (sorted, share) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;

async function perform() {
  const known = kind === 'same' ? await etags() : [];
  const ready = Array.from({ length: kind === 'plain' ? 1 : count }, (_, at) =>
    request(from + at * step, known[at]),
  );
  times.length = 0;
  statuses.clear();
  bytes = 0;
  // A stride that meets every account before any comes again, in an order no cache could like.
  const stride = ready.length % 7_919 === 0 ? 1 : 7_919;
  let sent = 0;
  const startedAt = performance.now();
  const until = job.seconds === undefined ? Infinity : startedAt + job.seconds * 1_000;
  const most = job.seconds === undefined ? ready.length : Infinity;
  const next = () => {
    if (sent >= most || performance.now() >= until) return undefined;
    sent += 1;
    const at = (sent * stride) % ready.length;
    return kind === 'change' ? request(from + at) : ready[at];
  };
  await Promise.all(Array.from({ length: connections }, () => talk(next)));
  const seconds = (performance.now() - startedAt) / 1_000;
  times.sort((a, b) => a - b);
  const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)];
  return {
    requests: times.length,
    seconds,
    rate: times.length / seconds,
    p50,
    p99,
    statuses: Object.fromEntries(statuses),
    bytes,
  };
}

process.stdout.write(`${JSON.stringify(await perform())}\n`);

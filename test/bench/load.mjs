/**
 * The load generator: a process of its own that is told when to ask, and for how long, and tells what came back.
 *
 * Raw sockets and ready requests, because a client library costs more per request than the servers that are compared: the
 * generator would be what is measured. One request at a time on each connection, as devices do it; answers are read by
 * their Content-Length. Requests and connections are made once: then several generators can take turns as short as one likes.
 */
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { announcementBy, anotherOf, certificateIn } from './announcements.mjs';
import { AnswerReader } from './answer-reader.mjs';
import { parsed } from './json.mjs';
import { fieldsOf, PASSWORD, richServerOf, serverIdOf, serverKeyOf, tokenOf, userNameOf } from './cast.mjs';

/**
 * @typedef {object} Job
 * @property {number} port
 * @property {number} connections
 * @property {'list' | 'same' | 'update' | 'change' | 'accept' | 'sign-in' | 'announce' | 'plain'} kind `list` and `same` are E4 without and with what is known
 * already; `update` tells nothing new, `change` another address each time; `accept` answers an invitation; `announce` is what Syncthing's
 * discovery server is told
 * @property {number} from
 * @property {number} [step] from one account to the next; 1 unless given
 * @property {number} count so many different accounts or servers, evenly
 * @property {number} [nth] which of an account's ten servers is accepted
 * @property {number} [servers] how many there are in all
 * @property {string} [path]
 * @property {string} [certificate] file of one, after which announcements are made
 * @property {string} [tokens] file of access tokens, an account's each: ask by the API
 */

/** A job that is done once. @typedef {Job & { seconds?: number }} Once `seconds`: how long; without it, each request once */

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

const certificate = job.certificate === undefined ? Buffer.alloc(4) : certificateIn(job.certificate);

/** @param {number} at */
function announce(at) {
  const { headers, body } = announcementBy(anotherOf(certificate, at));
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const length = `Content-Length: ${Buffer.byteLength(body)}`;
  return Buffer.concat([head('POST / HTTP/1.1', [length, ...lines]), Buffer.from(body)]);
}

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

const CHANGES = { accept, announce, update, change: update, 'sign-in': signIn };

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

/** @typedef {() => Buffer | undefined} Next */

/** A connection that stays open while nothing is asked. */
class Lane {
  /** @type {import('node:net').Socket | undefined} */
  #socket;
  /** @type {Next} */
  #next = () => undefined;
  /** @type {((head: string) => void) | undefined} */
  #onHead;
  #sentAt = 0;
  /** @type {(() => void) | undefined} */
  #end;
  /** @type {((error: Error) => void) | undefined} */
  #fail;

  /**
   * Sends what `next` gives, one after another, until it gives nothing.
   * @param {Next} next
   * @param {(head: string) => void} [onHead]
   * @returns {Promise<void>}
   */
  ask(next, onHead) {
    return new Promise((resolve, reject) => {
      [this.#next, this.#onHead, this.#end, this.#fail] = [next, onHead, resolve, reject];
      if (this.#socket) this.#send();
      else this.#connect();
    });
  }

  #connect() {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const reader = new AnswerReader((head) => {
      const status = head.slice(9, 12);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      this.#onHead?.(head);
    });
    this.#socket = socket;
    socket.on('connect', () => this.#send());
    socket.on('error', (error) => this.#fail?.(error));
    // While nothing is asked a server may: then the next request finds another connection.
    socket.on('close', () => {
      this.#socket = undefined;
      this.#fail?.(new Error('the server closed the connection'));
    });
    socket.on('data', (/** @type {Buffer} */ chunk) => {
      bytes += chunk.length;
      if (!reader.take(chunk)) return;
      times.push(performance.now() - this.#sentAt);
      this.#send();
    });
  }

  #send() {
    const request = this.#next();
    if (request === undefined) {
      this.#end?.();
      return;
    }
    this.#sentAt = performance.now();
    this.#socket?.write(request);
  }
}

const lanes = Array.from({ length: connections }, () => new Lane());

/** Asks for every list once. @returns {Promise<string[]>} the ETags */
async function etags() {
  /** @type {string[]} */
  const found = [];
  let at = 0;
  const one = async (/** @type {Lane} */ lane) => {
    let mine = 0;
    const next = () => (at < count ? request(from + (mine = at++) * step) : undefined);
    await lane.ask(next, (head) => (found[mine] = /\r\netag: ([^\r]+)/i.exec(head)?.[1] ?? '"none"'));
  };
  await Promise.all(lanes.map(one));
  return found;
}

/** @param {readonly number[]} sorted @param {number} share */
const quantile = (sorted, share) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;

const known = kind === 'same' ? await etags() : [];
const ready = Array.from({ length: kind === 'plain' ? 1 : count }, (_, at) =>
  request(from + at * step, known[at]),
);
// A stride that meets every account before any comes again, in an order no cache could like.
const stride = ready.length % 7_919 === 0 ? 1 : 7_919;
let sent = 0;

/** @param {number} [seconds] without it, each once @returns {Promise<Outcome>} */
async function perform(seconds) {
  times.length = 0;
  statuses.clear();
  bytes = 0;
  const startedAt = performance.now();
  const until = seconds === undefined ? Infinity : startedAt + seconds * 1_000;
  const most = seconds === undefined ? sent + ready.length : Infinity;
  const next = () => {
    if (sent >= most || performance.now() >= until) return undefined;
    sent += 1;
    const at = (sent * stride) % ready.length;
    return kind === 'change' ? request(from + at) : ready[at];
  };
  await Promise.all(lanes.map((lane) => lane.ask(next)));
  const took = (performance.now() - startedAt) / 1_000;
  times.sort((a, b) => a - b);
  const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)];
  return {
    requests: times.length,
    seconds: took,
    rate: times.length / took,
    p50,
    p99,
    statuses: Object.fromEntries(statuses),
    bytes,
  };
}

// One at a time, as it is asked to.
process.on('message', (/** @type {{ seconds?: number }} */ { seconds }) => {
  void perform(seconds).then((outcome) => process.send?.(outcome));
});
process.on('disconnect', () => process.exit());
process.send?.('ready');

/**
 * A request of each kind that there is: on the wire, on the pages, of the API, to the authorization server, and of health. What
 * they need is made while all is well; it is asked for when something is away.
 */
import { askApi, GRANT, letIn, refresh, waitingApp } from './apps.mjs';
import { PageBrowser } from './browser.mjs';
import {
  accepted,
  asDevice,
  asServer,
  ask,
  deviceList,
  factsOf,
  link,
  PASSWORD,
  post,
  registerServer,
  serverList,
} from './people.mjs';

/** @typedef {import('./people.mjs').Answer} Answer */
/** @typedef {import('./people.mjs').Person} Person */
/** @typedef {import('../../scripts/lib/broker.mjs').BrokerProcess} BrokerProcess */
/** By what they are. @typedef {Readonly<Record<string, () => Promise<Answer>>>} Requests */
/** @typedef {Awaited<ReturnType<typeof castAt>>} Cast */

const SCOPE = 'openid servers:read links:manage sign-ins:manage';

/** Gives somebody one of everything. @param {BrokerProcess} broker @param {Person} person who plays nothing else */
async function castAt({ url, opsUrl }, person) {
  const server = await registerServer(url, 'every kind');
  await link(url, server, person, 'k'.repeat(32));
  const made = accepted(await post(`${url}/service/pin`, { deviceId: 'tv' }));
  const pin = /** @type {{ Pin: string, DeviceId: string }} */ (made);
  const app = await letIn(url, person.userName, SCOPE);
  const { code } = await waitingApp(url, person.userName, SCOPE);
  const browser = new PageBrowser(url);
  await browser.signIn(person.userName, PASSWORD);
  const stranger = new PageBrowser(url);
  const tokens = { own: await browser.formToken('/pin'), strange: await stranger.formToken('/sign-in') };
  return { url, opsUrl, person, server, pin, app, code, browser, stranger, tokens };
}

/** @param {Cast} cast @returns {Requests} */
function onTheWire({ url, person, server, pin: { Pin: pin, DeviceId: deviceId } }) {
  const { id: userId, userName: nameOrEmail } = person;
  const service = `${url}/service`;
  const other = factsOf('another');
  const asked = { serverId: server.id, userId: '77', userType: 'Linked', accessToken: 'o'.repeat(32) };
  const ended = `${service}/ServerAuthorizations?${new URLSearchParams({ serverId: server.id, userId })}`;
  const address = { email: 'someone@example.org' };
  return {
    'server registers': () => post(`${service}/Servers`, other),
    'server changes': () => post(`${service}/Servers?id=${server.id}`, other, asServer(server)),
    'server asks for a link': () => post(`${service}/ServerAuthorizations`, asked, asServer(server)),
    'server ends a link': () => ask(ended, { method: 'DELETE', headers: asServer(server) }),
    'server looks up': () => ask(`${service}/user?nameOrEmail=${nameOrEmail}`, { headers: asServer(server) }),
    'device accepts': () =>
      ask(`${service}/ServerAuthorizations/accept?serverId=${server.id}`, { headers: asDevice(person) }),
    'device ends a link': () => ask(ended, { method: 'DELETE', headers: asDevice(person) }),
    'device signs in': () => post(`${service}/user/authenticate`, { nameOrEmail, rawpw: PASSWORD }),
    'wrong password': () => post(`${service}/user/authenticate`, { nameOrEmail, rawpw: 'wrong' }),
    'device signs out': () => post(`${service}/user/logout`, {}, asDevice(person)),
    'sign-up': () => post(`${service}/register`, { ...address, userName: 'someone', rawpw: PASSWORD }),
    invitation: () => post(`${service}/users/invite`, { ...address, requesterUserName: nameOrEmail }),
    'PIN is made': () => post(`${service}/pin`, { deviceId }),
    'PIN is waited for': () => ask(`${service}/pin?${new URLSearchParams({ deviceId, pin })}`),
    'PIN is exchanged': () => post(`${service}/pin/authenticate`, { pin, deviceId }),
    'PIN is confirmed': () => post(`${service}/pin/confirm`, { pin }, asDevice(person)),
  };
}

/** @param {Cast} cast @returns {Requests} */
function onThePages({ person: { userName }, browser, stranger, tokens }) {
  const shown = ['/profile', '/profile/activity', '/servers', '/devices', '/invitations', '/pin'];
  const mine = (/** @type {string} */ path, fields = {}) =>
    browser.post(path, { formToken: tokens.own, ...fields });
  const passwords = {
    currentPassword: PASSWORD,
    newPassword: 'another one',
    newPasswordAgain: 'another one',
  };
  const strange = (/** @type {string} */ path, fields = {}) =>
    stranger.post(path, { formToken: tokens.strange, ...fields });
  return {
    ...Object.fromEntries(shown.map((path) => [`page ${path}`, () => browser.open(path)])),
    'page of a mail': () => stranger.open(`/reset?token=${'x'.repeat(43)}`),
    'form of the password': () => mine('/profile/password', passwords),
    'form of a PIN': () => mine('/pin/confirm', { pin: 'BCDFGHJK' }),
    'form of leaving': () => mine('/servers/leave', { server: '1', confirmation: 'leave' }),
    'form of signing out': () => mine('/sign-out'),
    'browser signs in': () => strange('/sign-in', { identifier: userName, password: PASSWORD }),
    'browser forgot': () => strange('/forgot', { identifier: userName }),
  };
}

/** @param {Cast} cast @returns {Requests} */
function ofApps({ url, app, code }) {
  const client = { client_id: 'signpost-device' };
  const token = `${url}/oidc/token`;
  return {
    'API ends a link': () => askApi(url, app, 'links/77', { method: 'DELETE' }),
    'API ends a sign-in': () => askApi(url, app, 'sign-ins/77', { method: 'DELETE' }),
    'API signs out': () => askApi(url, app, 'sign-ins/current', { method: 'DELETE' }),
    'app asks for a code': () => post(`${url}/oidc/device-authorization`, { ...client, scope: SCOPE }),
    'app exchanges its code': () => post(token, { ...client, grant_type: GRANT, device_code: code }),
    'app renews its token': () => refresh(url, app.refresh),
    'app revokes its token': () => post(`${url}/oidc/revoke`, { ...client, token: app.refresh }),
    'app asks who it is': () =>
      ask(`${url}/oidc/userinfo`, { headers: { Authorization: `Bearer ${app.access}` } }),
  };
}

/** What needs no database, and is there whatever befalls it. @param {Cast} cast @returns {Requests} */
function ofTheProcess({ url, opsUrl }) {
  const paths = ['/service/ip', '/health/live', '/api/v1/openapi.json', '/oidc/jwks'];
  return {
    ...Object.fromEntries(paths.map((path) => [path, () => ask(url + path)])),
    '/metrics': () => ask(`${opsUrl}/metrics`),
  };
}

/** What may be answered from memory, as long as a node knows that nobody else writes. @param {Cast} cast @returns {Requests} */
function reads({ url, person, server, app }) {
  const waits = `/service/servers?userId=${person.id}&status=Waiting`;
  const ofApi = ['servers', 'links', 'profile', 'sign-ins', 'invitations'];
  return {
    'list of a server': () => serverList(url, server),
    'list of a device': () => deviceList(url, person),
    'device waits': () => ask(url + waits, { headers: asDevice(person) }),
    'device looks up': () => ask(`${url}/service/user?id=${person.id}`, { headers: asDevice(person) }),
    ...Object.fromEntries(ofApi.map((path) => [`API ${path}`, () => askApi(url, app, path)])),
  };
}

/** For so long a node believes that it is alone (ADR 0026). */
const BELIEVED_MS = 1_000;

export class EveryKind {
  /** How long each took, in milliseconds. @type {Map<string, number[]>} */
  times = new Map();
  /** @type {string[]} */
  wrong = [];

  /** @param {Cast} cast */
  constructor(cast) {
    this.url = cast.url;
    this.reads = reads(cast);
    this.ofDatabase = { ...onTheWire(cast), ...onThePages(cast), ...ofApps(cast) };
    this.ofProcess = ofTheProcess(cast);
  }

  /** @param {BrokerProcess} broker @param {Person} person who plays nothing else */
  static async at(broker, person) {
    return new EveryKind(await castAt(broker, person));
  }

  /** @returns {number} the longest of all, in milliseconds */
  get longest() {
    return Math.max(...[...this.times.values()].flat());
  }

  /** @returns {string} the three kinds that took longest */
  get inWords() {
    const slowest = [...this.times].map(([name, times]) => /** @type {const} */ ([name, Math.max(...times)]));
    const kinds = slowest.sort(([, one], [, other]) => other - one).slice(0, 3);
    return kinds.map(([name, ms]) => `${name} ${ms.toFixed(0)} ms`).join(', ');
  }

  /** All at once, while there is no database: who needs it is told to come back. @param {number} since when it went */
  async withoutDatabase(since) {
    const isBelieved = performance.now() - since < BELIEVED_MS;
    const refused = { '/health/ready': () => ask(`${this.url}/health/ready`) };
    await Promise.all([
      ...this.#all(this.reads, (answer) => isRefused(answer) || (isBelieved && answer.status === 200)),
      ...this.#all(this.ofDatabase, isRefused),
      ...this.#all(refused, ({ status }) => status === 503),
      ...this.#all(this.ofProcess, ({ status }) => status === 200),
    ]);
  }

  /** All at once, while everything is there that they need: whatever they are answered, nothing fails. */
  async withDatabase() {
    const requests = { ...this.reads, ...this.ofDatabase, ...this.ofProcess };
    await Promise.all(this.#all(requests, ({ status }) => status < 500));
  }

  /** @param {Requests} requests @param {(answer: Answer) => boolean} isRight */
  #all(requests, isRight) {
    return Object.entries(requests).map(async ([name, request]) => {
      const since = performance.now();
      const answer = await request().catch(() => null);
      const times = this.times.get(name) ?? [];
      times.push(performance.now() - since);
      this.times.set(name, times);
      if (answer === null || !isRight(answer))
        this.wrong.push(`${name} was answered ${answer?.status ?? 'never'}: ${answer?.text.slice(0, 200)}`);
    });
  }
}

/** @param {Answer} answer */
const isRefused = ({ status, headers }) => status === 503 && headers.has('retry-after');

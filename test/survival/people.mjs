/** People, media servers and devices of an experiment, over the wire. */
export const PASSWORD = 'correct horse battery staple';

/** @typedef {{ status: number, text: string, ms: number, headers: Headers }} Answer */
/** @typedef {{ id: string, userName: string, token: string }} Person with a device token */
/** @typedef {{ id: string, key: string }} Server */

/**
 * @param {string} url @param {RequestInit} [init]
 * @returns {Promise<Answer>} throws when there is none within ten seconds
 */
export async function ask(url, init = {}) {
  const since = performance.now();
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000), ...init });
  const text = await response.text();
  return { status: response.status, text, ms: performance.now() - since, headers: response.headers };
}

/** @param {string} url @param {Record<string, string>} fields @param {Record<string, string>} [headers] */
export const post = (url, fields, headers = {}) =>
  ask(url, { method: 'POST', headers, body: new URLSearchParams(fields) });

/** @param {Answer} answer @returns {unknown} its JSON; throws unless it is a 200 */
export function accepted({ status, text }) {
  if (status !== 200) throw new Error(`answered ${status}: ${text}`);
  /** @type {unknown} */
  const body = JSON.parse(text);
  return body;
}

/**
 * Signs somebody up, with the mail that the broker logs, and in.
 * @param {import('../../scripts/lib/broker.mjs').BrokerProcess} broker @param {string} userName
 * @returns {Promise<Person>}
 */
export async function signUp(broker, userName) {
  const email = `${userName}@example.org`;
  accepted(await post(`${broker.url}/service/register`, { userName, email, rawpw: PASSWORD }));
  const { link } = await broker.mailTo(email);
  const token = new URL(link).searchParams.get('token') ?? '';
  const confirmed = await post(`${broker.url}/confirm`, { token, password: PASSWORD });
  if (confirmed.status !== 200) throw new Error(`${userName} could not confirm: ${confirmed.status}`);
  return signIn(broker.url, userName);
}

/** @param {string} url @param {string} userName @param {string} [rawpw] @returns {Promise<Person>} */
export async function signIn(url, userName, rawpw = PASSWORD) {
  const answer = accepted(await post(`${url}/service/user/authenticate`, { nameOrEmail: userName, rawpw }));
  const { AccessToken, User } = /** @type {{ AccessToken: string, User: { Id: string } }} */ (answer);
  return { id: User.Id, userName, token: AccessToken };
}

/** @param {string} name */
export const factsOf = (name) => ({
  name,
  url: 'http://127.0.0.1:8096',
  systemId: `system-${name.replace(/[^A-Za-z0-9]/g, '-')}`,
});

/** @param {string} url @param {string} name @returns {Promise<Server>} */
export async function registerServer(url, name) {
  const answer = accepted(await post(`${url}/service/Servers`, factsOf(name)));
  const { Id, AccessKey } = /** @type {{ Id: string, AccessKey: string }} */ (answer);
  return { id: Id, key: AccessKey };
}

/** Asks for a link and accepts it. @param {string} url @param {Server} server @param {Person} person @param {string} linkKey */
export async function link(url, server, person, linkKey) {
  const wanted = { serverId: server.id, userId: person.id, userType: 'Linked', accessToken: linkKey };
  accepted(await post(`${url}/service/ServerAuthorizations`, wanted, asServer(server)));
  accepted(
    await ask(`${url}/service/ServerAuthorizations/accept?serverId=${server.id}`, {
      headers: asDevice(person),
    }),
  );
}

/** @param {{ key: string }} server */
export const asServer = ({ key }) => ({ 'X-Connect-Token': key });
/** @param {{ token: string }} device */
export const asDevice = ({ token }) => ({ 'X-Connect-UserToken': token });

/** @param {string} url @param {Server} server */
export const serverList = (url, server) =>
  ask(`${url}/service/ServerAuthorizations?serverId=${server.id}`, { headers: asServer(server) });

/** @param {string} url @param {Person} person */
export const deviceList = (url, person) =>
  ask(`${url}/service/servers?userId=${person.id}`, { headers: asDevice(person) });

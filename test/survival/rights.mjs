/** What a person and a media server have at a broker, and whether a node still counts it. */
import { askApi, letIn, refresh } from './apps.mjs';
import { PageBrowser } from './browser.mjs';
import {
  accepted,
  asDevice,
  asServer,
  ask,
  deviceList,
  PASSWORD,
  post,
  serverList,
  signIn,
} from './people.mjs';

/** @typedef {import('./people.mjs').Answer} Answer */
/** @typedef {import('./people.mjs').Person} Person */
/** @typedef {import('./people.mjs').Server} Server */
/** @typedef {import('./apps.mjs').Tokens} Tokens */
/** Whether the node at an address counts it. Throws when the node does not say. @typedef {(url: string) => Promise<boolean>} Right */
/** By what they are. @typedef {Readonly<Record<string, Right>>} Rights */

/** Signed in all three ways. @typedef {{ device: Person, browser: PageBrowser, app: Tokens }} SignIns */

/** @param {string} url @param {string} userName @returns {Promise<SignIns>} */
export async function signInEveryWay(url, userName) {
  const browser = new PageBrowser(url);
  const { status } = await browser.signIn(userName, PASSWORD);
  if (status !== 303) throw new Error(`a browser was answered ${status}`);
  const app = await letIn(url, userName, 'openid servers:read links:manage');
  return { device: await signIn(url, userName), browser, app };
}

/** @param {Answer} answer @param {number} yes @param {readonly number[]} no statuses */
function isYes({ status, text }, yes, no) {
  if (status !== yes && !no.includes(status)) throw new Error(`answered ${status}: ${text.slice(0, 100)}`);
  return status === yes;
}

/** @param {string} url @param {PageBrowser} browser @param {string} path */
const pageOf = (url, { cookie }, path) =>
  ask(`${url}${path}`, { headers: { Cookie: cookie }, redirect: 'manual' });

/** Who is signed in. @param {SignIns} signIns @returns {Record<'device' | 'browser' | 'app', Right>} */
export const signedIn = ({ device, browser, app }) => ({
  device: async (url) => isYes(await deviceList(url, device), 200, [401]),
  // 404: the account was closed while the page was made, which says so.
  browser: async (url) => isYes(await pageOf(url, browser, '/profile'), 200, [303, 404]),
  app: async (url) => isYes(await askApi(url, app, 'servers'), 200, [401]),
});

/** The lists in which a link is, of those who stay signed in. @param {SignIns} signIns @param {Server} server @returns {Rights} */
export function lists({ device, browser, app }, server) {
  const shows = (/** @type {Answer} */ answer) => isYes(answer, 200, []) && answer.text.includes(server.id);
  return {
    'list of the device': async (url) => shows(await deviceList(url, device)),
    'list of the app': async (url) => shows(await askApi(url, app, 'servers')),
    'page of the servers': async (url) => shows(await pageOf(url, browser, '/servers')),
  };
}

/** @param {Server} server @param {Person} person @returns {Rights} */
export const listOfServer = (server, { id }) => ({
  'list of the server': async (url) => {
    const answer = await serverList(url, server);
    return isYes(answer, 200, []) && answer.text.includes(id);
  },
});

/** What a server sees of somebody. @param {Server} server @param {Person} person @returns {Rights} */
export const seenByServer = (server, person) => ({
  ...listOfServer(server, person),
  'look-up by the server': async (url) =>
    isYes(
      await ask(`${url}/service/user?nameOrEmail=${person.userName}`, { headers: asServer(server) }),
      200,
      [404],
    ),
});

/** An invitation that waits. @param {SignIns} signIns @param {Server} server @returns {Rights} */
export const waiting = ({ device, app }, server) => ({
  'waiting list of the device': async (url) => {
    const path = `/service/servers?userId=${device.id}&status=Waiting`;
    const answer = await ask(url + path, { headers: asDevice(device) });
    return isYes(answer, 200, []) && answer.text.includes(server.id);
  },
  'invitations of the app': async (url) => {
    const answer = await askApi(url, app, 'invitations');
    return isYes(answer, 200, []) && answer.text.includes(server.id);
  },
});

/** What is exchanged for something else. @param {SignIns} signIns @returns {Rights} */
export const renewal = ({ app }) => ({
  'refresh token': async (url) => isYes(await refresh(url, app.refresh), 200, [400]),
});

/** @param {string} userName @returns {Rights} */
export const password = (userName) => ({
  password: async (url) => {
    const fields = { nameOrEmail: userName, rawpw: PASSWORD };
    return isYes(await post(`${url}/service/user/authenticate`, fields), 200, [401]);
  },
});

/** A PIN that somebody has confirmed, and that nobody has exchanged. @param {string} url @param {Person} device @returns {Promise<Rights>} */
export async function confirmedPin(url, device) {
  const made = accepted(await post(`${url}/service/pin`, { deviceId: 'tv' }));
  const { Pin: pin, DeviceId: deviceId } = /** @type {{ Pin: string, DeviceId: string }} */ (made);
  accepted(await post(`${url}/service/pin/confirm`, { pin }, asDevice(device)));
  return {
    'confirmed PIN': async (at) =>
      isYes(await post(`${at}/service/pin/authenticate`, { pin, deviceId }), 200, [400, 401, 404]),
  };
}

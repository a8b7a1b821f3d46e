/** Ways in which what somebody has ends; each is prepared at a node, and acknowledged by it. */
import { parsed } from '../bench/json.mjs';
import { askApi } from './apps.mjs';
import {
  accepted,
  asDevice,
  asServer,
  ask,
  factsOf,
  link,
  PASSWORD,
  post,
  registerServer,
} from './people.mjs';
import {
  confirmedPin,
  listOfServer,
  lists,
  password,
  renewal,
  seenByServer,
  signedIn,
  signInEveryWay,
  waiting,
} from './rights.mjs';

/** @typedef {import('./people.mjs').Answer} Answer */
/** @typedef {import('./people.mjs').Person} Person */
/** @typedef {import('./rights.mjs').Rights} Rights */
/**
 * @typedef {object} Ending
 * @property {Rights} rights that end with it
 * @property {Rights} [once] that are used up by whoever has them
 * @property {() => Promise<Answer>} act
 * @property {number} status that acknowledges it
 */

/** A server, and somebody who is linked with it and signed in. @param {string} url @param {Person} person */
async function linked(url, person) {
  const signIns = await signInEveryWay(url, person.userName);
  const server = await registerServer(url, 'linked');
  await link(url, server, signIns.device, 'l'.repeat(32));
  return { signIns, server };
}

/** Everybody can do these again and again. @type {Readonly<Record<string, (url: string, person: Person) => Promise<Ending>>>} */
export const ENDINGS = {
  'a device signs out': async (url, { userName }) => {
    const signIns = await signInEveryWay(url, userName);
    const { device } = signedIn(signIns);
    const act = () => post(`${url}/service/user/logout`, {}, asDevice(signIns.device));
    return { rights: { device }, act, status: 200 };
  },
  'a browser signs out': async (url, { userName }) => {
    const signIns = await signInEveryWay(url, userName);
    const { browser } = signedIn(signIns);
    const formToken = await signIns.browser.formToken('/profile');
    return { rights: { browser }, act: () => signIns.browser.post('/sign-out', { formToken }), status: 303 };
  },
  'an app signs out': async (url, { userName }) => {
    const signIns = await signInEveryWay(url, userName);
    const { app } = signedIn(signIns);
    const act = () => askApi(url, signIns.app, 'sign-ins/current', { method: 'DELETE' });
    return { rights: { app }, once: renewal(signIns), act, status: 204 };
  },
  'a person ends all other sign-ins': async (url, { userName }) => {
    const [own, others] = [await signInEveryWay(url, userName), await signInEveryWay(url, userName)];
    const act = () => own.browser.fillIn('/devices/end-others', { currentPassword: PASSWORD });
    return { rights: signedIn(others), once: renewal(others), act, status: 303 };
  },
  'a person declines': async (url, { id, userName }) => {
    const signIns = await signInEveryWay(url, userName);
    const server = await registerServer(url, 'declined');
    const wanted = { serverId: server.id, userId: id, userType: 'Linked', accessToken: 'd'.repeat(32) };
    accepted(await post(`${url}/service/ServerAuthorizations`, wanted, asServer(server)));
    const which = new URLSearchParams({ serverId: server.id, userId: id });
    const path = `${url}/service/ServerAuthorizations?${which}`;
    const act = () => ask(path, { method: 'DELETE', headers: asDevice(signIns.device) });
    const rights = { ...waiting(signIns, server), ...listOfServer(server, signIns.device) };
    return { rights, act, status: 200 };
  },
  'an app ends a link': async (url, person) => {
    const { signIns, server } = await linked(url, person);
    const { text } = await askApi(url, signIns.app, 'links');
    const { links } = /** @type {{ links: { id: string, serverId: string }[] }} */ (parsed(text));
    const id = links.find(({ serverId }) => serverId === server.id)?.id ?? '';
    const act = () => askApi(url, signIns.app, `links/${id}`, { method: 'DELETE' });
    const rights = { ...lists(signIns, server), ...listOfServer(server, person) };
    return { rights, act, status: 204 };
  },
  'a server comes with another id': async (url, person) => {
    const { signIns, server } = await linked(url, person);
    const facts = { ...factsOf('linked'), systemId: 'another-system' };
    const act = () => post(`${url}/service/Servers?id=${server.id}`, facts, asServer(server));
    return { rights: lists(signIns, server), act, status: 200 };
  },
  'a person leaves on the page': async (url, person) => {
    const { signIns, server } = await linked(url, person);
    const formToken = await signIns.browser.formToken('/profile');
    const fields = { formToken, server: server.id, confirmation: 'leave' };
    const act = () => signIns.browser.post('/servers/leave', fields);
    const rights = { ...lists(signIns, server), ...listOfServer(server, person) };
    return { rights, act, status: 303 };
  },
};

/** After these nobody is who they were. @type {typeof ENDINGS} */
export const LAST_ENDINGS = {
  'a person changes the password': async (url, { userName }) => {
    const [own, others] = [await signInEveryWay(url, userName), await signInEveryWay(url, userName)];
    const once = { ...renewal(others), ...password(userName), ...(await confirmedPin(url, others.device)) };
    const newPassword = 'another battery staple';
    const fields = { currentPassword: PASSWORD, newPassword, newPasswordAgain: newPassword };
    const act = () => own.browser.fillIn('/profile/password', fields);
    return { rights: signedIn(others), once, act, status: 303 };
  },
  'a person closes the account': async (url, person) => {
    const { signIns, server } = await linked(url, person);
    const { userName } = person;
    const once = { ...renewal(signIns), ...password(userName), ...(await confirmedPin(url, signIns.device)) };
    const act = () => signIns.browser.fillIn('/profile/delete', { userName, currentPassword: PASSWORD });
    return { rights: { ...signedIn(signIns), ...seenByServer(server, person) }, once, act, status: 303 };
  },
};

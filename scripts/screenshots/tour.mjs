/** The way through the pages: what happens between the pictures is what happens in life. */
import { URL, URLSearchParams } from 'node:url';
import { Stop } from '../lib/say.mjs';

/**
 * @typedef {object} Tour
 * @property {import('../lib/broker.mjs').BrokerProcess} broker
 * @property {import('./camera.mjs').Camera} camera
 * @property {import('../demo/simulator.mjs').Simulator} simulator
 */

const password = 'correct horse battery staple';
const alice = { userName: 'alice', email: 'alice@example.org', password };
const bob = { userName: 'bob', email: 'bob@example.org', password };

/** @param {Tour} tour @param {string} name @param {string} host @param {string} local */
async function startServer({ camera, simulator }, name, host, local) {
  const server = new simulator.MediaServer({
    broker: camera.url,
    name,
    url: `https://${host}:8920`,
    localAddress: `http://${local}:8096`,
  });
  await server.start();
  if (server.registration === null) throw new Stop(`${name} could not register`);
  return server;
}

/** @param {Tour} tour */
async function signUp({ broker, camera }) {
  await camera.open('/');
  await camera.take('front');
  await camera.open('/sign-up');
  await camera.fill(alice);
  await camera.take('sign-up');
  await camera.press('Sign up');
  await camera.take('look-in-your-mail', ['phone']);
  await camera.open((await broker.mailTo(alice.email)).link);
  await camera.fill({ password });
  await camera.take('confirm', ['phone']);
  await camera.press('Confirm');
  await camera.take('confirmed', ['phone']);
  await camera.open('/sign-in');
  await camera.fill({ identifier: alice.userName, password });
  await camera.take('sign-in');
  await camera.press('Sign in');
  await camera.take('no-server-yet', ['phone']);
}

/** @param {Tour} tour */
async function getServers(tour) {
  const { broker, camera } = tour;
  const attic = await startServer(tour, 'Attic', 'attic.example.org', '192.168.1.20');
  const cabin = await startServer(tour, 'Cabin', 'cabin.example.net', '10.0.0.8');
  attic.addUser('alice');
  const { mark } = broker;
  await attic.linkUser('alice', alice.email);
  await camera.open((await broker.mailTo(alice.email, mark)).link);
  await camera.take('invitation');
  await camera.press('Accept');
  await camera.take('accepted', ['phone']);
  await openAccount(tour, bob);
  cabin.addUser('bob');
  await cabin.linkUser('bob', bob.email);
  await acceptAll(tour, bob);
  await cabin.inviteGuest(alice.userName, 'bob');
  await camera.open('/invitations');
  await camera.take('invitations');
  await camera.press('Accept Cabin');
  await camera.open('/servers');
  await camera.take('servers');
  await camera.press('Leave Cabin');
  await camera.take('leave', ['phone']);
  return [attic, cabin];
}

/** Over the wire, and confirmed on the page by another visitor. @param {Tour} tour @param {typeof bob} person */
async function openAccount({ broker, camera, simulator }, person) {
  await simulator.register(camera.url, person);
  const { pathname, searchParams } = new URL((await broker.mailTo(person.email)).link);
  const token = searchParams.get('token') ?? '';
  const { status } = await fetch(camera.url + pathname, {
    method: 'POST',
    body: new URLSearchParams({ token, password: person.password }),
  });
  if (status !== 200) throw new Stop(`${person.userName} could not confirm: ${status}`);
}

/** In an app: only who uses a server may be named as the one who invites. @param {Tour} tour @param {typeof bob} person */
async function acceptAll({ camera, simulator }, person) {
  const app = new simulator.Device({ broker: camera.url });
  await app.signIn(person.userName, person.password);
  for (const { Id } of await app.invitations()) await app.accept(Id);
}

/** @param {Tour} tour */
async function linkTv({ camera, simulator }) {
  const phone = new simulator.Device({ broker: camera.url, app: { name: 'Phone app', version: '2.1' } });
  await phone.signIn(alice.userName, password);
  const app = { name: 'Theater', version: '3.0' };
  const tv = new simulator.Device({ broker: camera.url, app, deviceId: 'Living room' });
  const shown = await tv.createPin();
  await camera.open('/pin');
  await camera.fill({ pin: `${shown.pin.slice(0, 4)} ${shown.pin.slice(4)}` });
  await camera.take('pin');
  await camera.press('Continue');
  await camera.take('pin-check');
  await camera.press('Sign this device in');
  await camera.take('pin-done', ['phone']);
  await tv.exchangePin(shown);
  // More wrong PINs than there may be in a minute (`screenshots.mjs`): from then on the password comes first.
  for (const pin of ['BCDF GHJK', 'KJHG FDCB']) {
    await camera.open('/pin');
    await camera.fill({ pin });
    await camera.press('Continue');
  }
  await camera.open('/pin');
  await camera.take('pin-password', ['phone']);
  await camera.open('/devices');
  await camera.take('devices');
  await camera.press('Sign out everywhere else');
  await camera.take('end-others', ['phone']);
}

/** An app on a phone or desktop asks to be let in (RFC 8252): nobody listens at its address, nobody has to. @param {Tour} tour */
async function letAnAppIn({ camera }) {
  const { origin } = new URL(await camera.issuer());
  const asked = new URLSearchParams({
    response_type: 'code',
    client_id: 'signpost-device',
    redirect_uri: 'http://127.0.0.1:9/callback',
    scope: 'openid profile email offline_access servers:read links:manage',
    resource: `${origin}/api/v1`,
    app_name: 'Theater',
    device_name: 'Desk',
    state: 'of-the-app',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  });
  await camera.open(`/oidc/authorize?${asked.toString()}`);
  await camera.take('let-in');
  asked.set('prompt', 'login');
  await camera.open(`/oidc/authorize?${asked.toString()}`);
  await camera.take('let-in-password', ['phone']);
  await camera.open('/api/v1/docs');
  await camera.take('api-reference', ['laptop-dark'], { isWhole: false });
}

/** @param {Tour} tour */
async function lookAtProfile({ camera }) {
  await camera.open('/profile');
  await camera.take('profile');
  for (const [name, path] of [
    ['security-events', '/profile/activity'],
    ['change-email', '/profile/email'],
    ['change-password', '/profile/password'],
    ['export', '/profile/export'],
    ['delete', '/profile/delete'],
  ]) {
    await camera.open(path ?? '');
    await camera.take(name ?? '', ['phone']);
  }
}

/** @param {Tour} tour */
async function getBackIn({ broker, camera }) {
  await camera.press('Sign out');
  await camera.open('/forgot');
  await camera.fill({ identifier: alice.email });
  await camera.take('forgot', ['phone']);
  const { mark } = broker;
  await camera.press('Send the link');
  await camera.open((await broker.mailTo(alice.email, mark)).link);
  await camera.take('reset', ['phone']);
  await camera.open('/nowhere');
  await camera.take('not-found', ['phone']);
}

/** @param {Tour} tour */
export async function takeAll(tour) {
  await signUp(tour);
  const servers = await getServers(tour);
  try {
    await linkTv(tour);
    await letAnAppIn(tour);
    await lookAtProfile(tour);
    await getBackIn(tour);
  } finally {
    for (const server of servers) await server.stop();
  }
}

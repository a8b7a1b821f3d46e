/** The story of the demo, scene by scene: the main job of the broker, as people, servers and devices live it. */
import { Stop } from '../lib/say.mjs';
import { expect } from './story.mjs';

/** @typedef {import('./simulator.mjs').Simulator} Simulator */
/** @typedef {InstanceType<Simulator['MediaServer']>} MediaServer */
/** @typedef {InstanceType<Simulator['Device']>} Device */

/**
 * @typedef {object} Stage all that a step may need
 * @property {import('./story.mjs').Story} story
 * @property {import('../lib/broker.mjs').BrokerProcess} broker
 * @property {string} url base address of the broker
 * @property {Simulator} simulator
 * @property {import('./browser.mjs').Browser} browser
 * @property {MediaServer} server
 */

/** Everything that a name may hold and a form cannot. */
export const serverName = 'Tom & Jerry 100%+ =ok 🎬';
const password = 'correct horse battery staple';
const alice = { userName: 'alice', email: 'alice@example.org', password };
// The plus is one of the things that media servers do not escape.
const bob = { userName: 'bob', email: 'bob+films@example.org', password };

/** @param {Stage} stage @param {{ name: string, deviceId: string, pinStyle?: 'own-device-id' }} what @returns {Device} */
function device({ simulator, story, url }, { name, ...more }) {
  const made = new simulator.Device({
    broker: url,
    app: { name, version: '1.0' },
    deviceName: name,
    ...more,
  });
  story.follow(made.exchanges);
  return made;
}

/** @param {Stage} stage */
async function openAccount({ story, broker, url, simulator, browser }) {
  await story.step('Alice signs up. Her account waits for the confirmation of her address.', async () => {
    const { body } = await simulator.register(url, alice, browser.exchanges);
    expect(JSON.stringify(body).includes('"SUCCESS"'), 'the answer says SUCCESS');
  });
  const mail = await story.step('The broker mails her a link (without SMTP_URL: into its log).', async () => {
    const found = await broker.mailTo(alice.email);
    story.tell(`✉ to ${found.to}: ${found.subject}`);
    story.tell(`  ${found.link}`);
    return found;
  });
  await story.step('She opens the link and confirms with the password she chose.', async () => {
    await browser.submit(await browser.open(mail.link), { password });
  });
}

/** @param {Stage} stage */
async function registerServer({ story, server }) {
  const sentence =
    'A media server starts: it learns its address, registers, and reads its (empty) list of links.';
  await story.step(sentence, async () => {
    await server.start();
    expect(server.registration !== null, `the server is registered: ${JSON.stringify(server.events)}`);
  });
}

/** @param {Stage} stage */
async function linkAlice({ story, broker, server }) {
  await story.step(
    'Its admin links the local user "Alice at home" to Alice, by her e-mail address.',
    async () => {
      const { mark } = broker;
      server.addUser('Alice at home');
      const { isPending } = await server.linkUser('Alice at home', alice.email);
      expect(isPending, 'the link waits for Alice');
      const mail = await broker.mailTo(alice.email, mark);
      story.tell(`✉ to ${mail.to}: ${mail.subject}`);
    },
  );
}

/** @param {Stage} stage @returns {Promise<Device>} */
async function acceptOnPhone(stage) {
  const { story } = stage;
  const phone = device(stage, { name: 'Phone', deviceId: 'phone-1' });
  await story.step('Alice signs in on her phone, by user name and password.', async () => {
    await phone.signIn(alice.userName, password);
  });
  const sentence = 'The phone finds no server yet, but an invitation, without key or address.';
  const waiting = await story.step(sentence, async () => {
    expect((await phone.servers()).length === 0, 'a waiting link is in no list of servers');
    const [invitation] = await phone.invitations();
    expect(invitation?.Name === serverName, `the invitation shows the name ${serverName}`);
    expect(invitation?.AccessKey === '' && invitation.Url === '', 'it shows neither key nor address');
    return invitation;
  });
  await story.step('She accepts.', () => phone.accept(waiting?.Id ?? ''));
  return phone;
}

/** @param {Stage} stage @param {Device} phone @returns {Promise<Device>} */
async function signInByPin(stage, phone) {
  const { story } = stage;
  const tv = device(stage, { name: 'TV', deviceId: 'Living room & co', pinStyle: 'own-device-id' });
  const pin = await story.step(
    'Her TV asks for a PIN and shows it; nobody has confirmed it yet.',
    async () => {
      const made = await tv.createPin();
      expect(!(await tv.pollPin(made)).IsConfirmed, 'the PIN is not confirmed');
      story.tell(`the TV shows ${made.pin}`);
      return made;
    },
  );
  await story.step('Alice types the PIN where she is signed in.', () => phone.confirmPin(pin.pin));
  await story.step('The TV notices, and trades the PIN for a token of its own. Once.', async () => {
    expect((await tv.pollPin(pin)).IsConfirmed, 'the PIN is confirmed');
    await tv.exchangePin(pin);
    const again = await tv.exchangePin(pin).then(
      () => true,
      () => false,
    );
    expect(!again, 'the second exchange is refused');
  });
  return tv;
}

/** @param {Stage} stage @param {Device} tv */
async function findAndEnter({ story, server }, tv) {
  const entry = await story.step('Discovery: the TV asks which servers there are, and where.', async () => {
    const [only, ...more] = await tv.servers();
    expect(only?.Name === serverName && more.length === 0, `the list is the one server ${serverName}`);
    if (only === undefined) throw new Stop('the list is empty');
    story.tell(`${only.Name}: outside ${only.Url}, at home ${only.LocalAddress}, ${only.UserType}`);
    return only;
  });
  await story.step(
    'From here on without the broker: the TV trades the link key at the media server.',
    async () => {
      const access = await tv.exchange(entry);
      const local = server.user('Alice at home');
      expect(access.localUserId === local.id, 'the media server lets it in as "Alice at home"');
      story.tell(`in, as "${local.name}" at ${access.address}`);
    },
  );
}

/** @param {Stage} stage */
async function inviteBob({ story, broker, server, browser }) {
  const mail = await story.step(
    'The admin invites Bob, who has no account: he is asked to sign up.',
    async () => {
      const { mark } = broker;
      const { isNewUserInvitation } = await server.inviteGuest(bob.email, 'Alice at home', ['Films']);
      expect(isNewUserInvitation, 'the broker does not know Bob');
      const found = await broker.mailTo(bob.email, mark);
      story.tell(`✉ to ${found.to}: ${found.subject}`);
      story.tell(`  ${found.link}`);
      return found;
    },
  );
  await story.step('Bob opens the link and signs up. The mail proved his address already.', async () => {
    const { userName } = bob;
    await browser.submit(await browser.open(mail.link), { userName, password });
  });
  await story.step('The admin invites him again, as a guest with one library.', async () => {
    const { mark } = broker;
    await server.inviteGuest(bob.userName, 'Alice at home', ['Films']);
    expect(server.pending.length === 1, 'the invitation is pending at the media server');
    const found = await broker.mailTo(bob.email, mark);
    story.tell(`✉ to ${found.to}: ${found.subject}`);
  });
}

/** @param {Stage} stage */
async function bobComesAndGoes(stage) {
  const { story, server } = stage;
  const tablet = device(stage, { name: 'Tablet', deviceId: 'tablet-1' });
  await story.step('Bob signs in on his tablet, by e-mail address, and accepts.', async () => {
    await tablet.signIn(bob.email, password);
    const [waiting] = await tablet.invitations();
    await tablet.accept(waiting?.Id ?? '');
  });
  const entry = await story.step(
    'The media server reads its list and makes a local guest user.',
    async () => {
      await server.refreshAuthorizations();
      expect(server.user('bob').connect?.type === 'Guest', 'there is a guest named bob');
      const [only] = await tablet.servers();
      if (only === undefined) throw new Stop('the list of the tablet is empty');
      await tablet.exchange(only);
      return only;
    },
  );
  await story.step('Bob leaves. At its next look the media server deletes the guest.', async () => {
    await tablet.leave(entry.Id);
    story.tell('the link is gone at the broker, and the media server looks:');
    await server.refreshAuthorizations();
    expect(
      server.users.every(({ name }) => name !== 'bob'),
      'the guest is gone',
    );
  });
}

/** @param {Stage} stage @param {Device} phone @param {Device} tv */
async function signOut({ story, url, simulator, browser }, phone, tv) {
  await story.step('Alice signs her phone out. Its token is dead; the TV goes on.', async () => {
    const dead = phone.signedIn?.accessToken ?? '';
    await phone.logout();
    story.tell('the same token once more:');
    const headers = { 'X-Connect-UserToken': dead };
    const path = '/service/servers';
    const again = { direction: /** @type {const} */ ('to-broker'), base: url, path, headers };
    const { status } = await simulator.send(
      { ...again, method: 'GET', timeoutMs: 10_000 },
      browser.exchanges,
    );
    expect(status === 401, 'a token that was signed out is refused');
    story.tell('and the TV:');
    expect((await tv.servers()).length === 1, 'the TV still finds the server');
  });
}

/** The whole of it. @param {Stage} stage */
export async function play(stage) {
  await openAccount(stage);
  await registerServer(stage);
  await linkAlice(stage);
  const phone = await acceptOnPhone(stage);
  const tv = await signInByPin(stage, phone);
  await findAndEnter(stage, tv);
  await inviteBob(stage);
  await bobComesAndGoes(stage);
  await signOut(stage, phone, tv);
}

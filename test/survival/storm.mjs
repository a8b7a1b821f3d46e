/** Writes of many kinds against a broker that may fail at any moment, and a journal of what it acknowledged. */
import { setTimeout as pause } from 'node:timers/promises';
import { PageBrowser } from './browser.mjs';
import { asDevice, asServer, ask, post } from './people.mjs';

/** @typedef {import('./people.mjs').Person} Person */
/** @typedef {{ name: string, link: 'none' | 'waiting' | 'accepted' | 'ended' }} Claim what the broker may hold of a server */
/** @typedef {{ id: string, key: string, person: Person, linkKey: string, possible: Claim[] }} ServerRecord */
/**
 * @typedef {object} Owner somebody whose password is being changed
 * @property {string} userName
 * @property {string} password that was acknowledged last
 * @property {string | null} wanted asked for, with no answer yet
 * @property {string} deviceToken of a device that was signed in under `password`
 * @property {string[]} dead device tokens that must have ended
 */

/**
 * Between two that hash passwords, which each take as much of the processor as dozens of other writes: back to back they would leave
 * the others less than half of two cores.
 */
const SIGN_UP_EVERY_MS = 250;
const PASSWORD_EVERY_MS = 500;

/** No answer, or one that says nothing about what became of it: 503. */
class Unknown extends Error {}

export class Storm {
  /** @type {ServerRecord[]} */
  servers = [];
  /** @type {string[]} */
  signedUp = [];
  /** @type {string[]} */
  deviceTokens = [];
  /** @type {Owner[]} */
  owners = [];
  /** Answers that were neither success nor silence nor 503. @type {string[]} */
  surprises = [];
  acknowledged = 0;
  unavailable = 0;
  passwordsChanged = 0;
  #count = 0;
  #raging = false;

  /**
   * Rages until `calm`. @param {string} url @param {readonly Person[]} people
   * @returns {Promise<void>} when nothing is under way any more
   */
  async rage(url, people) {
    this.#raging = true;
    const lives = [
      ...people.flatMap((person) => [
        () => this.#serverLife(url, person),
        () => this.#serverLife(url, person),
        () => this.#serverLife(url, person),
        () => this.#updates(url, person),
        () => this.#updates(url, person),
      ]),
      ...people.slice(0, 1).map((person) => () => this.#pinLife(url, person)),
    ];
    await Promise.all([
      ...lives.map((life) => this.#again(life)),
      this.#again(() => this.#signUp(url), SIGN_UP_EVERY_MS),
      ...this.owners
        .slice(0, 1)
        .map((owner) => this.#again(() => this.#passwordLife(url, owner), PASSWORD_EVERY_MS)),
    ]);
  }

  /** No new request is begun. */
  calm() {
    this.#raging = false;
  }

  /** A password of theirs will be changed over and over. @param {string} userName @param {string} password */
  addOwner(userName, password) {
    this.owners.push({ userName, password, wanted: null, deviceToken: '', dead: [] });
  }

  /** @param {() => Promise<void>} life @param {number} [everyMs] */
  async #again(life, everyMs = 0) {
    while (this.#raging) {
      const next = performance.now() + everyMs;
      try {
        await life();
        await pause(Math.max(0, next - performance.now()));
      } catch (error) {
        if (!(error instanceof Unknown)) throw error;
        // As a client does that was told to come back.
        await pause(50);
      }
    }
  }

  /** @param {string} url @param {Person} person */
  async #register(url, person) {
    this.#count += 1;
    const n = this.#count;
    const answer = await this.#send(post(`${url}/service/Servers`, facts(n, 'A')));
    const { Id: id, AccessKey: key } = /** @type {{ Id: string, AccessKey: string }} */ (answer);
    const linkKey = `${n}`.padStart(32, '0');
    /** @type {ServerRecord} */
    const record = { id, key, person, linkKey, possible: [{ name: `A ${n}`, link: 'none' }] };
    this.servers.push(record);
    return { n, record };
  }

  /** @param {string} url @param {Person} person */
  async #serverLife(url, person) {
    const { n, record } = await this.#register(url, person);
    const { id, linkKey } = record;
    const asks = `${url}/service/ServerAuthorizations`;
    const [server, device] = [asServer(record), asDevice(person)];
    await this.#step(record, { name: `B ${n}` }, () =>
      post(`${url}/service/Servers?id=${id}`, facts(n, 'B'), server),
    );
    const link = { serverId: id, userId: person.id, userType: 'Linked', accessToken: linkKey };
    await this.#step(record, { link: 'waiting' }, () => post(asks, link, server));
    // One in four is turned down, and one in four is taken back.
    if (n % 4 === 0) {
      const turnDown = new URLSearchParams({ serverId: id, userId: person.id });
      await this.#step(record, { link: 'ended' }, () =>
        ask(`${asks}?${turnDown}`, { method: 'DELETE', headers: device }),
      );
      return;
    }
    await this.#step(record, { link: 'accepted' }, () =>
      ask(`${asks}/accept?serverId=${id}`, { headers: device }),
    );
    if (n % 4 !== 1) return;
    const revoke = new URLSearchParams({ serverId: id, userId: person.id });
    await this.#step(record, { link: 'ended' }, () =>
      ask(`${asks}?${revoke}`, { method: 'DELETE', headers: server }),
    );
  }

  /** Ten changes of the same server. @param {string} url @param {Person} person */
  async #updates(url, person) {
    const { n, record } = await this.#register(url, person);
    for (let round = 0; round < 10 && this.#raging; round += 1) {
      await this.#step(record, { name: `${round} ${n}` }, () =>
        post(`${url}/service/Servers?id=${record.id}`, facts(n, `${round}`), asServer(record)),
      );
    }
  }

  /** @param {string} url */
  async #signUp(url) {
    this.#count += 1;
    const userName = `storm-${this.#count}`;
    const fields = { userName, email: `${userName}@example.org`, rawpw: 'correct horse battery staple' };
    await this.#send(post(`${url}/service/register`, fields));
    this.signedUp.push(userName);
  }

  /** @param {string} url @param {Person} person */
  async #pinLife(url, person) {
    this.#count += 1;
    const made = await this.#send(post(`${url}/service/pin`, { deviceId: `tv-${this.#count}` }));
    const { Pin: pin, DeviceId: deviceId } = /** @type {{ Pin: string, DeviceId: string }} */ (made);
    await this.#send(post(`${url}/service/pin/confirm`, { pin }, asDevice(person)));
    const given = await this.#send(post(`${url}/service/pin/authenticate`, { pin, deviceId }));
    this.deviceTokens.push(/** @type {{ AccessToken: string }} */ (given).AccessToken);
  }

  /** Signs a device and a browser in, and changes the password in the browser. @param {string} url @param {Owner} owner */
  async #passwordLife(url, owner) {
    // Nobody knows which one counts until somebody has looked.
    if (owner.wanted !== null) {
      await pause(50);
      return;
    }
    const { userName, password } = owner;
    const signedIn = await this.#send(
      post(`${url}/service/user/authenticate`, { nameOrEmail: userName, rawpw: password }),
    );
    owner.deviceToken = /** @type {{ AccessToken: string }} */ (signedIn).AccessToken;
    const browser = new PageBrowser(url);
    await this.#try(browser.signIn(userName, password), 303);
    this.#count += 1;
    owner.wanted = `a new password, number ${this.#count}`;
    const [newPassword, newPasswordAgain] = [owner.wanted, owner.wanted];
    const fields = { currentPassword: password, newPassword, newPasswordAgain };
    await this.#try(browser.fillIn('/profile/password', fields), 303);
    this.passwordsChanged += 1;
    settle(owner, owner.wanted);
  }

  /** @param {ServerRecord} record @param {Partial<Claim>} change @param {() => Promise<import('./people.mjs').Answer>} request */
  async #step(record, change, request) {
    const [before] = record.possible;
    if (!before || !this.#raging) throw new Unknown('calm');
    const after = { ...before, ...change };
    record.possible = [before, after];
    await this.#send(request());
    record.possible = [after];
  }

  /** @param {Promise<import('./people.mjs').Answer>} request @returns {Promise<unknown>} the JSON of a 200 */
  async #send(request) {
    const { text } = await this.#try(request, 200);
    /** @type {unknown} */
    const body = JSON.parse(text);
    return body;
  }

  /** @param {Promise<import('./people.mjs').Answer>} request @param {number} wanted */
  async #try(request, wanted) {
    const answer = await request.catch((/** @type {unknown} */ cause) => {
      throw new Unknown('no answer', { cause });
    });
    if (answer.status === wanted) {
      this.acknowledged += 1;
      return answer;
    }
    if (answer.status === 503) this.unavailable += 1;
    else this.surprises.push(`${answer.status} ${answer.text.slice(0, 200)}`);
    throw new Unknown(String(answer.status));
  }
}

/** @param {Owner} owner @param {string} password that counts */
export function settle(owner, password) {
  if (password !== owner.password) owner.dead.push(owner.deviceToken);
  owner.password = password;
  owner.wanted = null;
}

/** @param {number} n @param {string} version */
const facts = (n, version) => ({
  name: `${version} ${n}`,
  url: `http://127.0.0.1:${8_000 + (n % 1_000)}`,
  systemId: `system-${n}`,
});

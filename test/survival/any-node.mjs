import { setTimeout as pause } from 'node:timers/promises';
import { GRANT, letIn, refresh, tokensIn, waitingApp } from './apps.mjs';
import { PageBrowser } from './browser.mjs';
import { Cluster } from './cluster.mjs';
import { Findings } from './findings.mjs';
import { limited, mostOf } from './limited.mjs';
import { accepted, asDevice, ask, post } from './people.mjs';

/** @typedef {import('./people.mjs').Answer} Answer */
/** @typedef {import('./limited.mjs').Limited} Limited */

/** Of each node. One origin, as apps know it; people need no script and little patience. */
const SETTINGS = {
  LIMITS: 'on',
  PUBLIC_URL: 'http://localhost:8095',
  ANTI_ROBOT: 'on',
  ANTI_ROBOT_PATIENCE_SECONDS: '1',
};

/** @param {Findings} findings @param {string} what @param {Limited} limited @param {number} limit */
function judge(findings, what, limited, limit) {
  findings.note(`${what}: times that Redis did not answer`, limited.alone);
  if (limited.alone === 0) return findings.exactly(what, limited.passed, limit);
  return findings.atMost(what, limited.passed, mostOf(limited, limit));
}

/** Requests that each go to the next node. */
class Nodes {
  /** @param {Cluster} cluster */
  constructor(cluster) {
    this.cluster = cluster;
  }

  /** @param {number} n */
  url(n) {
    return this.cluster.at(n).url;
  }

  /**
   * @param {number} count @param {(url: string) => Promise<Answer>} request
   * @param {number} [status] @returns {Promise<number>} how many were answered so, all being asked at once
   */
  async atOnce(count, request, status = 200) {
    const answers = await Promise.all(Array.from({ length: count }, (_none, n) => request(this.url(n))));
    return answers.filter((answer) => answer.status === status).length;
  }

  async pin() {
    const made = accepted(await post(`${this.url(0)}/service/pin`, { deviceId: 'tv' }));
    return /** @type {{ Pin: string, DeviceId: string }} */ (made);
  }

  /** Everybody at every node. @param {string} pin @returns {Promise<number>} how many people it was confirmed by */
  async confirmedBy(pin) {
    const people = await Promise.all(
      this.cluster.people.map((person) =>
        this.atOnce(3, (url) => post(`${url}/service/pin/confirm`, { pin }, asDevice(person))),
      ),
    );
    return people.filter((times) => times > 0).length;
  }

  async singleUse() {
    const { Pin: pin, DeviceId: deviceId } = await this.pin();
    const confirmed = await this.confirmedBy(pin);
    const exchanged = await this.atOnce(6, (url) =>
      post(`${url}/service/pin/authenticate`, { pin, deviceId }),
    );
    const app = await waitingApp(this.url(0), this.cluster.person.userName, 'openid');
    const grant = { client_id: app.clientId, grant_type: GRANT, device_code: app.code };
    const given = await this.atOnce(6, (url) => post(`${url}/oidc/token`, grant));
    const browser = new PageBrowser(this.url(0));
    const { text } = await browser.open('/forgot');
    const robotChallenge = /name="robotChallenge" value="([^"]+)"/.exec(text)?.[1] ?? '';
    await pause(1_500);
    const passed = await this.atOnce(6, (url) => formOf(url, robotChallenge), 202);
    return { confirmed, exchanged, given, passed };
  }

  /** One token, twenty askings. @returns how many successors were given, and how many askings were refused */
  async family() {
    const { refresh: token } = await letIn(this.url(1), this.cluster.person.userName, 'openid');
    const answers = await Promise.all(Array.from({ length: 20 }, (_none, n) => refresh(this.url(n), token)));
    const well = answers.filter(({ status }) => status === 200).map((answer) => tokensIn(answer).refresh);
    const [next = ''] = well;
    const { status } = await refresh(this.url(2), next);
    return { successors: new Set(well).size, refused: answers.length - well.length, next: status };
  }

  async limits() {
    const { clientId, code } = await waitingApp(this.url(0), null, 'openid');
    const grant = { client_id: clientId, grant_type: GRANT, device_code: code };
    const polls = [];
    for (let n = 0; n < 3; n += 1) polls.push(await post(`${this.url(n)}/oidc/token`, grant));
    const slowed = polls.filter(({ text }) => text.includes('slow_down')).length;
    const wrong = { nameOrEmail: 'bob', rawpw: 'wrong horse battery staple' };
    const judged = await limited(this.cluster, () =>
      this.atOnce(30, (url) => post(`${url}/service/user/authenticate`, wrong), 401),
    );
    const pin = { pin: 'BCDFGHJK' };
    const headers = asDevice(this.cluster.person);
    const guessed = await limited(this.cluster, () =>
      this.atOnce(12, (url) => post(`${url}/service/pin/confirm`, pin, headers), 404),
    );
    const made = await limited(this.cluster, () =>
      this.atOnce(24, (url) => post(`${url}/service/pin`, { deviceId: 'tv' })),
    );
    return { slowed, judged, guessed, made };
  }
}

/** @param {string} url @param {string} robotChallenge */
function formOf(url, robotChallenge) {
  const body = new URLSearchParams({ identifier: 'nobody@example.org', robotChallenge });
  const headers = { Origin: url, 'Sec-Fetch-Site': 'same-origin' };
  return ask(`${url}/forgot`, { method: 'POST', headers, body, redirect: 'manual' });
}

/** @type {import('./stage.mjs').Experiment} */
export const anyNode = {
  id: 'R-52',
  what: 'PINs, app codes, robot checks, refresh tokens, wrong passwords and PINs, each asked of three nodes at once',
  must: 'what counts once counts once, a family has one successor, and limits allow what one node would; where Redis does not answer in time, a share of each node more at most',
  async run(stage) {
    const cluster = await Cluster.start(stage, [SETTINGS, SETTINGS, SETTINGS], ['ann', 'bob']);
    const nodes = new Nodes(cluster);
    const once = await nodes.singleUse();
    const family = await nodes.family();
    const limits = await nodes.limits();
    const findings = new Findings()
      .exactly('people who confirmed a PIN', once.confirmed, 1)
      .exactly('PIN exchanged', once.exchanged, 1)
      .exactly('app code exchanged', once.given, 1)
      .exactly('robot check passed', once.passed, 1)
      .exactly('successors of a refresh token', family.successors, 1)
      .exactly('refused', family.refused, 0)
      .exactly('the successor', family.next, 200)
      .exactly('polls slowed down', limits.slowed, 2);
    judge(findings, 'wrong passwords looked at, from a network that is known', limits.judged, 10);
    judge(findings, 'wrong PINs looked at', limits.guessed, 5);
    // One was made at the beginning, perhaps in the same minute.
    return findings.atMost('PINs made in a minute', limits.made.passed, mostOf(limits.made, 10));
  },
};

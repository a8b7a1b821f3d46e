import { escapedForm } from '../simulator/forms.js';

/** What the broker may hold of a server after a request whose answer was never seen: before it, or after it. */
interface Claim {
  readonly name: string;
  readonly link: 'none' | 'waiting' | 'accepted' | 'ended';
}

interface ServerRecord {
  readonly id: string;
  readonly key: string;
  readonly person: StormPerson;
  readonly linkKey: string;
  possible: readonly Claim[];
}

export interface StormPerson {
  readonly id: string;
  readonly deviceToken: string;
}

/** The process was killed: nobody knows what became of the last requests. */
class Gone extends Error {}

/** Writes of many kinds against a broker that may die at any moment, and a journal of what it acknowledged. */
export class Storm {
  readonly servers: ServerRecord[] = [];
  readonly signedUp: string[] = [];
  readonly deviceTokens: string[] = [];
  /** Answers that were neither success nor silence. */
  readonly surprises: string[] = [];
  acknowledged = 0;
  #count = 0;
  #waiting: { readonly at: number; readonly done: () => void } | undefined;

  /** Runs until the broker is gone. */
  async rage(url: string, people: readonly StormPerson[]): Promise<void> {
    const lives = [
      ...people.map((person) => () => this.#serverLife(url, person)),
      ...people.map((person) => () => this.#serverLife(url, person)),
      () => this.#signUp(url),
      ...people.slice(0, 1).map((person) => () => this.#pinLife(url, person)),
    ];
    await Promise.all(lives.map((life) => untilGone(life)));
  }

  /** Resolves when so many more writes were acknowledged. */
  more(count: number): Promise<void> {
    return new Promise((done) => (this.#waiting = { at: this.acknowledged + count, done }));
  }

  async #serverLife(url: string, person: StormPerson): Promise<void> {
    const n = this.#next();
    const facts = (name: string) => ({
      name,
      url: `http://127.0.0.1:${8_000 + (n % 1_000)}`,
      systemId: `system-${n}`,
    });
    const answer = await this.#form(`${url}/service/Servers`, facts(`A ${n}`));
    const { Id: id, AccessKey: key } = answer as { Id: string; AccessKey: string };
    const linkKey = `${n}`.padStart(32, '0');
    const record: ServerRecord = { id, key, person, linkKey, possible: [{ name: `A ${n}`, link: 'none' }] };
    this.servers.push(record);
    const asServer = { 'X-Connect-Token': key };
    const asDevice = { 'X-Connect-UserToken': person.deviceToken };
    await this.#step(record, { name: `B ${n}` }, () =>
      this.#form(`${url}/service/Servers?id=${id}`, facts(`B ${n}`), asServer),
    );
    const link = { serverId: id, userId: person.id, userType: 'Linked', accessToken: linkKey };
    await this.#step(record, { link: 'waiting' }, () =>
      this.#form(`${url}/service/ServerAuthorizations`, link, asServer),
    );
    await this.#step(record, { link: 'accepted' }, () =>
      this.#send(`${url}/service/ServerAuthorizations/accept?serverId=${id}`, { headers: asDevice }),
    );
    if (n % 2 === 0) return;
    await this.#step(record, { link: 'ended' }, () =>
      this.#send(`${url}/service/ServerAuthorizations?${escapedForm({ serverId: id, userId: person.id })}`, {
        method: 'DELETE',
        headers: asServer,
      }),
    );
  }

  async #signUp(url: string): Promise<void> {
    const userName = `storm-${this.#next()}`;
    const password = 'correct horse battery staple';
    await this.#form(`${url}/service/register`, {
      userName,
      email: `${userName}@example.org`,
      rawpw: password,
    });
    this.signedUp.push(userName);
  }

  async #pinLife(url: string, person: StormPerson): Promise<void> {
    const pin = (await this.#form(`${url}/service/pin`, { deviceId: `tv-${this.#next()}` })) as {
      Pin: string;
      DeviceId: string;
    };
    const asDevice = { 'X-Connect-UserToken': person.deviceToken };
    await this.#form(`${url}/service/pin/confirm`, { pin: pin.Pin }, asDevice);
    const inHand = { pin: pin.Pin, deviceId: pin.DeviceId };
    const signedIn = await this.#form(`${url}/service/pin/authenticate`, inHand);
    this.deviceTokens.push((signedIn as { AccessToken: string }).AccessToken);
  }

  async #step(record: ServerRecord, change: Partial<Claim>, request: () => Promise<unknown>): Promise<void> {
    const [before] = record.possible;
    if (!before) throw new Error('a record without a state');
    const after = { ...before, ...change };
    record.possible = [before, after];
    await request();
    record.possible = [after];
  }

  #form(url: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<unknown> {
    const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
    return this.#send(url, { method: 'POST', headers: { ...type, ...headers }, body: escapedForm(fields) });
  }

  async #send(url: string, init: RequestInit): Promise<unknown> {
    let status: number;
    let text: string;
    try {
      const response = await fetch(url, init);
      status = response.status;
      text = await response.text();
    } catch (cause) {
      throw new Gone('no answer', { cause });
    }
    if (status === 200) {
      this.acknowledged += 1;
      if (this.#waiting && this.acknowledged >= this.#waiting.at) this.#waiting.done();
      return JSON.parse(text) as unknown;
    }
    this.surprises.push(`${init.method ?? 'GET'} ${new URL(url).pathname}: ${status} ${text}`);
    throw new Gone('refused');
  }

  #next(): number {
    this.#count += 1;
    return this.#count;
  }
}

async function untilGone(life: () => Promise<void>): Promise<void> {
  try {
    for (;;) await life();
  } catch (error) {
    if (!(error instanceof Gone)) throw error;
  }
}

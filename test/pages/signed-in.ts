import { Config } from '../../src/config/index.js';
import { cookieName } from '../../src/edges/pages/cookies.js';
import { WebSessionsService } from '../../src/features/sessions/index.js';
import { account } from '../connect/cast.js';
import { PASSWORD, type Person } from '../support/people.js';
import type { TestBroker } from '../support/broker.js';
import { Device } from '../simulator/device.js';
import { MediaServer } from '../simulator/media-server.js';
import { CookieBrowser, type Answer } from './browser.js';

export { PASSWORD };

/** A person with a browser that is signed in. */
export class Resident {
  readonly browser: CookieBrowser;

  private constructor(
    readonly broker: TestBroker,
    readonly person: Person,
  ) {
    this.browser = new CookieBrowser(broker);
  }

  /** A moment after signing up and in, which other tests are about. */
  static async of(broker: TestBroker, userName: string): Promise<Resident> {
    const found = await account(broker, userName);
    const { id, email } = found;
    const resident = new Resident(broker, { id, userName, email, password: PASSWORD });
    const description = { browser: 'node', network: '127.0.0.1', persistent: false };
    const token = await broker.app.get(WebSessionsService).signIn(found, description);
    resident.browser.cookies.set(cookieName('sid', broker.app.get(Config)), token);
    return resident;
  }

  open(path: string): Promise<Answer> {
    return this.browser.open(path);
  }

  /** Sends a form with the token of this browser. */
  async send(path: string, fields: Record<string, string> = {}): Promise<Answer> {
    const formToken = (await this.open('/profile')).input('formToken')?.['value'] ?? '';
    return this.browser.submit(path, { formToken, ...fields });
  }

  /** An app of this person. */
  async device(app = { name: 'Theater', version: '3' }): Promise<Device> {
    const device = new Device({ broker: this.broker.url, app });
    await device.signIn(this.person.userName, PASSWORD);
    return device;
  }
}

/** A media server that asks for a link to its local user of that name, and stops: it has said all. */
export async function asking(
  broker: TestBroker,
  person: Person,
  options: { name: string; systemId?: string; localAddress?: string | null },
): Promise<MediaServer> {
  const server = new MediaServer({ broker: broker.url, url: 'http://203.0.113.5:8096', ...options });
  await server.start();
  server.addUser(person.userName);
  await server.linkUser(person.userName, person.email);
  await server.stop();
  return server;
}

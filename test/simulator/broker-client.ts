import { arrayOf, flagOf, objectOf, optionalTextOf, textOf } from './answers.js';
import { netUrlEncode, rawForm, type Fields } from './forms.js';
import type { ServerRegistration } from './media-server-state.js';
import { FailedCall, parseJson, send, TimedOut, type Exchange, type WireResponse } from './wire.js';

/** Product name and version of the last open media server, as it names itself in `X-Application`. */
export const SERVER_VERSION = '3.2.0.0';
const APPLICATION = `Media Server/${SERVER_VERSION}`;
/** After one time-out the server does not talk to that host for so long (1.1). */
const REST_AFTER_TIME_OUT_MS = 30_000;

/** What a server tells about itself at E2 and E3. */
export interface ServerFacts {
  readonly name: string;
  readonly url: string;
  readonly systemId: string;
  /** Absent: the field is not sent at all. */
  readonly localAddress?: string;
}

export interface ConnectUser {
  readonly id: string;
  readonly name: string;
  readonly isActive: boolean;
}

/** One row of E12, and the answer of E11. */
export interface Authorization {
  readonly id: string;
  readonly userId: string;
  readonly userName: string;
  readonly userType: string;
  readonly acceptStatus: string;
  readonly accessToken: string;
  readonly userImageUrl: string;
}

export interface NewAuthorization {
  readonly userId: string;
  readonly userType: 'Linked' | 'Guest';
  readonly accessToken: string;
  /** Connect name of the admin who invites; guests only. */
  readonly requesterUserName?: string;
}

interface Call {
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below `/service/`, in the server's own casing (1.1). */
  readonly path: string;
  readonly accessKey?: string;
  readonly form?: Fields;
  readonly headers?: Fields;
}

interface BrokerClientOptions {
  readonly broker: string;
  readonly exchanges: Exchange[];
  readonly timeoutMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The media server's side of the wire protocol, call by call. Anything but a usable 2xx throws `FailedCall`. */
export class BrokerClient {
  readonly #options: BrokerClientOptions;
  #restsUntil = 0;

  constructor(options: BrokerClientOptions) {
    this.#options = options;
  }

  /** E1. The body goes straight into an IP parser, so its text is handed on as it stands. */
  async ip(): Promise<string> {
    const headers = { 'User-Agent': `Emby/${SERVER_VERSION}` };
    return (await this.#call({ name: 'E1', method: 'GET', path: 'ip', headers })).text;
  }

  /** E2: unauthenticated by design. */
  async createRegistration(facts: ServerFacts): Promise<ServerRegistration> {
    const call: Call = { name: 'E2', method: 'POST', path: 'Servers', form: { ...facts } };
    const answer = await this.#call(call);
    return readable('E2', answer, (json) => {
      const body = objectOf(json, 'E2');
      return { id: textOf(body, 'Id'), accessKey: textOf(body, 'AccessKey') };
    });
  }

  /** E3. The body of the answer is not read. */
  async updateRegistration({ id, accessKey }: ServerRegistration, facts: ServerFacts): Promise<void> {
    await this.#call({ name: 'E3', method: 'POST', path: `Servers?id=${id}`, accessKey, form: { ...facts } });
  }

  /** E6. The only value that the server escapes. */
  async findUser({ accessKey }: ServerRegistration, nameOrEmail: string): Promise<ConnectUser> {
    const path = `user?nameOrEmail=${netUrlEncode(nameOrEmail)}`;
    const answer = await this.#call({ name: 'E6', method: 'GET', path, accessKey });
    return readable('E6', answer, (json) => {
      const body = objectOf(json, 'E6');
      return { id: textOf(body, 'Id'), name: textOf(body, 'Name'), isActive: flagOf(body, 'IsActive') };
    });
  }

  /** E10: no credential, no server id (W8). */
  async inviteNewcomer(email: string, requesterUserName: string): Promise<void> {
    const form = { email, requesterUserName };
    await this.#call({ name: 'E10', method: 'POST', path: 'users/invite', form });
  }

  /** E11. The answer must be readable, else the link fails. */
  async authorize({ id, accessKey }: ServerRegistration, link: NewAuthorization): Promise<Authorization> {
    const form = { serverId: id, ...link };
    const path = 'ServerAuthorizations';
    const answer = await this.#call({ name: 'E11', method: 'POST', path, accessKey, form });
    return readable('E11', answer, readAuthorization);
  }

  /** E12, whole or not at all: one row that cannot be read fails the list. */
  async authorizations({ id, accessKey }: ServerRegistration): Promise<Authorization[]> {
    const path = `ServerAuthorizations?serverId=${id}`;
    const answer = await this.#call({ name: 'E12', method: 'GET', path, accessKey });
    return readable('E12', answer, (json) => arrayOf(json, 'E12').map(readAuthorization));
  }

  /** E13: a DELETE with a form body. 404 is as good as success (§3.9). */
  async deleteAuthorization({ id, accessKey }: ServerRegistration, userId: string): Promise<void> {
    const form = { serverId: id, userId };
    const path = 'ServerAuthorizations';
    try {
      await this.#call({ name: 'E13', method: 'DELETE', path, accessKey, form });
    } catch (error) {
      if (!(error instanceof FailedCall && error.status === 404)) throw error;
    }
  }

  async #call(call: Call): Promise<WireResponse> {
    const response = await this.#send(call);
    if (response.status < 200 || response.status > 299) {
      throw new FailedCall(call.name, response.status, response.text);
    }
    return response;
  }

  async #send(call: Call): Promise<WireResponse> {
    const { broker, exchanges, now, timeoutMs } = this.#options;
    if (now() < this.#restsUntil) {
      throw new FailedCall(call.name, null, 'cancelled because of an earlier time-out');
    }
    const { method, form } = call;
    const path = `/service/${call.path}`;
    const request = { direction: 'to-broker', base: broker, method, path, timeoutMs } as const;
    const body = form && { body: rawForm(form) };
    try {
      return await send({ ...request, headers: headersOf(call), ...body }, exchanges);
    } catch (cause) {
      if (cause instanceof TimedOut) this.#restsUntil = now() + REST_AFTER_TIME_OUT_MS;
      throw new FailedCall(call.name, null, cause instanceof Error ? cause.message : String(cause), {
        cause,
      });
    }
  }
}

/** E1 is asked as any IP service is: without the headers of Connect. */
function headersOf({ headers, accessKey, form }: Call): Fields {
  return (
    headers ?? {
      ...(accessKey !== undefined && { 'X-Connect-Token': accessKey }),
      'X-Application': APPLICATION,
      ...(form && { 'Content-Type': 'application/x-www-form-urlencoded' }),
    }
  );
}

function readAuthorization(json: unknown): Authorization {
  const row = objectOf(json, 'authorization');
  return {
    id: textOf(row, 'Id'),
    userId: textOf(row, 'UserId'),
    userName: textOf(row, 'UserName'),
    userType: textOf(row, 'UserType'),
    acceptStatus: textOf(row, 'AcceptStatus'),
    accessToken: textOf(row, 'AccessToken'),
    userImageUrl: optionalTextOf(row, 'UserImageUrl'),
  };
}

function readable<T>(call: string, answer: WireResponse, read: (json: unknown) => T): T {
  const json = parseJson(answer, call);
  try {
    return read(json);
  } catch (cause) {
    throw new FailedCall(call, answer.status, cause instanceof Error ? cause.message : String(cause), {
      cause,
    });
  }
}

import { arrayOf, flagOf, objectOf, optionalTextOf, textOf } from './answers.js';

/** One row of E4 and E5, as the broker writes it: all eight fields, all strings. */
export interface ServerEntry {
  readonly Id: string;
  readonly Url: string;
  readonly Name: string;
  readonly SystemId: string;
  readonly AccessKey: string;
  readonly LocalAddress: string;
  readonly UserType: string;
  readonly SupporterKey: string;
}

export interface ConnectUserEntry {
  readonly Id: string;
  readonly Name: string;
  readonly DisplayName: string;
  readonly Email: string;
  readonly IsActive: boolean;
}

/** The flags and the code of E16 and E17. */
export interface PinEntry {
  readonly Pin: string;
  /** What E17 and E18 are to be asked with: the handle that came back (S-41). */
  readonly DeviceId: string;
  readonly IsConfirmed: boolean;
  readonly IsExpired: boolean;
}

/** Who is signed in: E7 and E18. */
export interface SignedIn {
  readonly userId: string;
  readonly accessToken: string;
}

export function readServerEntries(json: unknown): ServerEntry[] {
  return arrayOf(json, 'servers').map((value) => {
    const entry = objectOf(value, 'server entry');
    return {
      Id: textOf(entry, 'Id'),
      Url: textOf(entry, 'Url'),
      Name: textOf(entry, 'Name'),
      SystemId: textOf(entry, 'SystemId'),
      AccessKey: textOf(entry, 'AccessKey'),
      LocalAddress: textOf(entry, 'LocalAddress'),
      UserType: textOf(entry, 'UserType'),
      SupporterKey: textOf(entry, 'SupporterKey'),
    };
  });
}

/** The PIN page needs an id that looks like a positive number (Q6). */
export function readUser(json: unknown): ConnectUserEntry {
  const user = objectOf(json, 'user');
  return {
    Id: userIdOf(user, 'Id'),
    Name: textOf(user, 'Name'),
    DisplayName: optionalTextOf(user, 'DisplayName'),
    Email: textOf(user, 'Email'),
    IsActive: flagOf(user, 'IsActive'),
  };
}

export function readSignIn(json: unknown): SignedIn & { readonly user: ConnectUserEntry } {
  const body = objectOf(json, 'sign-in');
  const user = readUser(body['User']);
  // KODI18 reads it without a default (Q6).
  textOf(objectOf(body['User'], 'user'), 'DisplayName');
  return { userId: user.Id, accessToken: textOf(body, 'AccessToken'), user };
}

export function readPinExchange(json: unknown): SignedIn {
  const body = objectOf(json, 'PIN exchange');
  return { userId: userIdOf(body, 'UserId'), accessToken: textOf(body, 'AccessToken') };
}

export function readPin(json: unknown): PinEntry {
  const pin = objectOf(json, 'PIN');
  // An old client takes any value here for success (E17).
  if (pin['AccessToken'] !== null) throw new TypeError('AccessToken: null is needed in a PIN object');
  return {
    Pin: textOf(pin, 'Pin'),
    DeviceId: textOf(pin, 'DeviceId'),
    IsConfirmed: flagOf(pin, 'IsConfirmed'),
    IsExpired: flagOf(pin, 'IsExpired'),
  };
}

function userIdOf(object: Record<string, unknown>, field: string): string {
  const id = textOf(object, field);
  if (!/^[1-9]\d*$/.test(id)) throw new TypeError(`${field}: a positive whole number is needed, got ${id}`);
  return id;
}

/** Pages to which signing in may lead back (S-115): a fixed list, never an address from outside. */
const DESTINATIONS = ['/servers', '/invitations', '/pin', '/devices', '/profile'] as const;

/** Other paths of the same page, as older apps print them. */
const ALIASES: Readonly<Record<string, string>> = { '/pin.html': '/pin', '/link': '/pin' };

/** What an app or site has asked, by its id: 43 characters that the broker chose. */
const ALLOW = /^\/allow\/([\w-]{43})$/;

export type Destination = (typeof DESTINATIONS)[number] | `/pin?pin=${string}` | `/allow/${string}`;

/** Path of the page for such a request, or null if this can be no id. */
export function allowPath(id: string): `/allow/${string}` | null {
  return ALLOW.test(`/allow/${id}`) ? `/allow/${id}` : null;
}

/** The id in a destination that is such a page, or null. */
export function allowIdIn(destination: string): string | null {
  return ALLOW.exec(destination)?.[1] ?? null;
}

/** The sign-in page, remembering where the person was going. */
export function signInPathFor(target: string): string {
  const next = destinationOf(target);
  return next === null ? '/sign-in' : `/sign-in?next=${encodeURIComponent(next)}`;
}

/** Where to go after signing in; anything but our own pages leads to the servers. */
export function destinationAfter(next: string): Destination {
  return destinationOf(next) ?? '/servers';
}

/** A PIN in the address of the PIN page is kept: it came from a QR code on a TV and fills the field (S-44). */
function destinationOf(target: string): Destination | null {
  const [path = '', query = ''] = target.split('?', 2);
  const id = allowIdIn(path);
  if (id !== null) return allowPath(id);
  // A step on the way, such as `/servers/leave`, is no place to begin: it leads to the page that it belongs to.
  const first = path.toLowerCase().split('/', 2).join('/');
  const known = DESTINATIONS.find((destination) => destination === (ALIASES[first] ?? first));
  if (known === undefined) return null;
  const pin = known === '/pin' ? new URLSearchParams(query).get('pin') : null;
  return pin === null ? known : `/pin?pin=${encodeURIComponent(pin.slice(0, 32))}`;
}

import type { AccessToken, TokenEndpointGrantContext } from 'oidc-provider';
import type Provider from 'oidc-provider';

/** Stands in an answer for what is signed when the unit of work is over; never leaves the broker. */
const LATER = 'signed later';

type Sign = () => Promise<string>;
type Name = 'access_token' | 'id_token';

/** What is still to be signed, by request. */
const waiting = new WeakMap<object, Map<Name, Sign>>();

interface Saved {
  readonly value: string;
}
interface SavedToken {
  getValueAndPayload: (this: AccessToken) => Promise<Saved>;
}
interface IssuedToken {
  issue: (this: unknown, use: object) => Promise<string>;
}

/**
 * Signatures take as long as the rest of a grant, and nothing of them is stored: they are made after the commit, so that
 * writers on SQLite, which take turns, need not wait for them.
 */
export function signLater(provider: Provider): void {
  const tokens = provider.AccessToken.prototype as unknown as SavedToken;
  const save = tokens.getValueAndPayload;
  tokens.getValueAndPayload = async function later() {
    // One that is no JWT is stored.
    if (this.resourceServer?.accessTokenFormat !== 'jwt') return save.call(this);
    return { value: await postponed(provider, 'access_token', async () => (await save.call(this)).value) };
  };
  const ids = provider.IdToken.prototype as unknown as IssuedToken;
  const issue = ids.issue;
  ids.issue = function later(use) {
    return postponed(provider, 'id_token', () => issue.call(this, use));
  };
}

/** Puts the signatures into an answer of the token endpoint. If the process dies before, the answer was lost (S-12). */
export async function sign(ctx: TokenEndpointGrantContext): Promise<void> {
  const answer = ctx.body as Partial<Record<Name, string>>;
  for (const [name, make] of waiting.get(ctx.oidc) ?? [])
    if (answer[name] === LATER) answer[name] = await make();
}

async function postponed(provider: Provider, name: Name, make: Sign): Promise<string> {
  const request = (provider.constructor as typeof Provider).ctx?.oidc;
  if (request?.route !== 'token') return make();
  const tasks = waiting.get(request) ?? new Map<Name, Sign>();
  waiting.set(request, tasks.set(name, make));
  return LATER;
}

import type {
  Client,
  KoaContextWithOIDC,
  RefreshToken,
  Session,
  TokenEndpointGrantContext,
} from 'oidc-provider';
import { digestOf, sameDigest } from '../../platform/crypto/digest.js';
import type { KeyRing } from '../../platform/crypto/key-ring.js';
import { SECOND } from '../../shared/clock.js';
import type { SignedInBrowser } from '../sessions/index.js';
import { configurationOf, type Parts } from './provider-configuration.js';
import { signLater } from './late-signatures.js';
import { issuerOf } from './names.js';
import { Provider } from './oidc.js';
import { visitOf } from './visit.js';

export { storageOfProvider } from './oidc.js';

type GrantHandler = (ctx: TokenEndpointGrantContext) => void | Promise<void>;

/** Puts something around the handlers of grant types. */
export type Around = (grantType: string, handler: GrantHandler) => GrantHandler;

/** Answers go in the address only: a page that posts them needs a script (S-110). */
const RESPONSE_MODES: ReadonlySet<string> = new Set(['query', 'fragment']);

/** oidc-provider with what it has no setting for. */
export function makeProvider(parts: Parts & { readonly ring: KeyRing }, around: Around): Provider {
  class OurProvider extends Provider {}
  adjustRegistration(OurProvider.prototype, around);
  const provider = new OurProvider(issuerOf(parts.config), configurationOf(parts));
  speakAs(provider, parts.config.publicUrl);
  shareBrowserSession(provider);
  deriveSuccessors(provider, parts.ring);
  signLater(provider);
  compareDigests(provider);
  return provider;
}

/** Functions of the provider, as values: they are replaced and called with the object they were called on. */
interface Registration {
  registerGrantType: (this: unknown, name: string, handler: GrantHandler, ...rest: unknown[]) => void;
  registerResponseMode: (this: unknown, name: string, ...rest: unknown[]) => void;
}

/** The constructor registers everything through these two methods. */
function adjustRegistration(prototype: object, around: Around): void {
  const methods = prototype as Registration;
  const { registerGrantType, registerResponseMode } = methods;
  methods.registerGrantType = function register(name, handler, ...rest) {
    registerGrantType.call(this, name, around(name, handler), ...rest);
  };
  methods.registerResponseMode = function register(name, ...rest) {
    if (RESPONSE_MODES.has(name)) registerResponseMode.call(this, name, ...rest);
  };
}

/** Links come from PUBLIC_URL only, whatever a request or a proxy says (S-35). */
function speakAs(provider: Provider, publicUrl: string): void {
  const { protocol, host } = new URL(publicUrl);
  Object.defineProperties(provider.request, {
    protocol: { get: () => protocol.slice(0, -1) },
    host: { get: () => host },
  });
}

interface SessionModel {
  get(ctx: KoaContextWithOIDC): Promise<Session>;
  instantiate(payload: object): Session;
}

/**
 * Who is signed in is what the session of our pages says, at every request: signing out there, or as somebody else,
 * needs no second session to be told. What the provider keeps itself is only who was given which code (S-13).
 */
function shareBrowserSession(provider: Provider): void {
  const model = provider.Session as unknown as SessionModel;
  const usual = model.get.bind(model);
  model.get = async (ctx) => {
    const { browser } = visitOf(ctx);
    const kept = await usual(ctx);
    const session = isUsable(kept, browser) ? kept : model.instantiate({});
    ctx.oidc.entity('Session', session);
    if (browser) signInAs(session, browser);
    return session;
  };
}

/** Not another person's; and one that is new is not kept unless somebody writes into it. */
function isUsable(session: Session, browser: SignedInBrowser | undefined): boolean {
  const isOwn = session.accountId === undefined || session.accountId === browser?.account.id;
  return isOwn && !(browser && 'new' in session);
}

function signInAs(session: Session, { account, session: { authenticatedAt } }: SignedInBrowser): void {
  const loginTs = Math.floor(authenticatedAt / SECOND);
  if (session.loginTs !== loginTs) session.loginAccount({ accountId: account.id, loginTs });
}

/**
 * The successor of a refresh token follows from it, so that the same question gets the same answer when an answer was
 * lost, and nothing usable is kept (S-12, S-50). Under the oldest key, which stays the same while others come.
 */
function deriveSuccessors(provider: Provider, ring: KeyRing): void {
  const model = provider.RefreshToken.prototype as unknown as {
    generateTokenId: (this: RefreshToken) => string;
  };
  const usual = model.generateTokenId;
  model.generateTokenId = function generateTokenId() {
    const old = Provider.ctx?.oidc.entities.RotatedRefreshToken;
    if (!old) return usual.call(this);
    return ring.mac('mac', `refresh token after\n${old.jti}`, ring.idsOf('mac').at(-1));
  };
}

/** Secrets of clients are kept as digests, and compared as such (S-50). */
function compareDigests(provider: Provider): void {
  const model = provider.Client.prototype as unknown as {
    compareClientSecret: (this: Client, actual: string) => boolean;
  };
  model.compareClientSecret = function compareClientSecret(actual) {
    return sameDigest(digestOf(actual), this.clientSecret ?? '');
  };
}

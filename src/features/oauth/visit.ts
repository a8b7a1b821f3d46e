import type { IncomingMessage } from 'node:http';
import type { SignedInBrowser } from '../sessions/index.js';

/** What went wrong with a request of a browser, as the protocol calls it. */
export interface OidcErrorFacts {
  readonly status: number;
  /** For example `invalid_redirect_uri`. */
  readonly code: string;
}

/** Asks whether to sign out, after a site sent the person here. */
export interface SignOutFacts {
  /** Path that the form goes to. */
  readonly action: string;
  readonly xsrf: string;
  /** Name of the site that asks, or null. */
  readonly siteName: string | null;
  /** Null when nobody is signed in. */
  readonly userName: string | null;
}

/** The pages that the authorization server shows; made by the edge that has the templates. */
export interface OidcViews {
  error(facts: OidcErrorFacts): string;
  signOut(facts: SignOutFacts): string;
  signedOut(): string;
  /** Headers of every page; `formTarget` is the one other origin to which its form may lead. */
  headers(formTarget?: string): Readonly<Record<string, string>>;
  /** Headers that make a browser forget its session. */
  signedOutHeaders(): Readonly<Record<string, string>>;
}

/** A request to the authorization server, with what the edge knows of its caller. */
export interface Visit {
  readonly requestId: string;
  /** Of ours, as it is declared. */
  readonly route: string;
  readonly network: string;
  readonly browser: SignedInBrowser | undefined;
  readonly views: OidcViews;
  /** Of the broker, when the answer is ready. */
  readonly readiness: { readonly draining: boolean };
}

const visits = new WeakMap<IncomingMessage, Visit>();

/** Ties a request to what is known of its caller, for the callbacks of the provider. */
export function beginVisit(request: IncomingMessage, visit: Visit): void {
  visits.set(request, visit);
}

export function visitOf({ req }: { readonly req: IncomingMessage }): Visit {
  const visit = visits.get(req);
  if (!visit) throw new Error('a request reached the provider without a visit');
  return visit;
}

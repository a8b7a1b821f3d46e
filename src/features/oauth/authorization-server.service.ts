import { Injectable } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { Config } from '../../config/index.js';
import { KeyRing } from '../../platform/crypto/key-ring.js';
import { SigningKeys } from '../../platform/crypto/signing-keys.js';
import { countRefusal } from '../../platform/http/http-metrics.js';
import { tellTrouble } from '../../platform/http/trouble.js';
import { Log } from '../../platform/logging/log.js';
import { Clock } from '../../shared/clock.js';
import { Random, spread } from '../../shared/random.js';
import { AccountsService } from '../accounts/index.js';
import { WebSessionsService } from '../sessions/index.js';
import { mendAnswer } from './answers.js';
import { AppSignIns } from './app-sign-ins.service.js';
import { Grants } from './grants.service.js';
import type { makeProvider, storageOfProvider as StorageOfProvider } from './provider.js';
import { ProviderStorage } from './provider-storage.js';
import { versionOf } from './published-keys.js';
import { hasSignedOut, refusalOf, replaceForeignPage, showError } from './shown-pages.js';
import { TokenGrants } from './token-grants.service.js';
import { beginVisit, visitOf, type Visit } from './visit.js';

/** The authorization server: oidc-provider on our storage, keys, sessions and pages. */
@Injectable()
export class AuthorizationServer {
  #current: { readonly version: string; readonly provider: Provider } | undefined;
  readonly #told = new WeakSet<Visit>();

  constructor(
    private readonly accounts: AccountsService,
    private readonly storage: ProviderStorage,
    private readonly grants: Grants,
    private readonly signIns: AppSignIns,
    private readonly sessions: WebSessionsService,
    private readonly tokenGrants: TokenGrants,
    private readonly keys: SigningKeys,
    private readonly ring: KeyRing,
    private readonly random: Random,
    private readonly clock: Clock,
    private readonly config: Config,
    private readonly log: Log,
  ) {}

  /** Answers a request whose path starts below the issuer. `request.originalUrl` must hold the whole path. */
  async handle(request: IncomingMessage, response: ServerResponse, visit: Visit): Promise<void> {
    beginVisit(request, visit);
    const { provider, storage } = await this.#ready();
    await storage.during(() => provider.callback()(request, response));
  }

  async provider(): Promise<Provider> {
    return (await this.#ready()).provider;
  }

  /**
   * Made anew when the keys change: it takes them once. All its state is in the database. The package is large, and a broker
   * that signs nobody in by OAuth goes without (P-8, P-9).
   */
  async #ready(): Promise<{ readonly provider: Provider; readonly storage: typeof StorageOfProvider }> {
    const { makeProvider: make, storageOfProvider: storage } = await import('./provider.js');
    const version = versionOf(this.keys);
    if (this.#current?.version !== version) this.#current = { version, provider: this.#make(make) };
    return { provider: this.#current.provider, storage };
  }

  #make(make: typeof makeProvider): Provider {
    const { accounts, clock, config, grants, keys, ring, signIns, storage } = this;
    const parts = { accounts, clock, config, grants, keys, ring, signIns, storage };
    const provider = make(parts, (type, handler) => this.tokenGrants.around(type, handler));
    provider.silent = true;
    provider.on('server_error', (ctx, error) => {
      this.#tell(visitOf(ctx), error);
    });
    provider.use((ctx, next) => this.#finish(ctx as unknown as KoaContextWithOIDC, next));
    return provider;
  }

  async #finish(ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
    try {
      await next();
      mendAnswer(ctx, this.config);
      replaceForeignPage(ctx);
      await this.#signOut(ctx);
    } catch (error) {
      this.#fail(ctx, error);
    }
    if (ctx.status >= 500) this.#tellToComeBack(ctx);
    if (ctx.status >= 400) countRefusal(visitOf(ctx).route, ctx.status, refusalOf(ctx));
    // A request that came before the broker began to stop would keep its connection, which then holds up the end.
    if (visitOf(ctx).readiness.draining) ctx.set('Connection', 'close');
  }

  /** The provider keeps the browser's session last, after what catches its own failures; and signing out is ours. */
  #fail(ctx: KoaContextWithOIDC, error: unknown): void {
    this.#tell(visitOf(ctx), error);
    // It may have held a code.
    ctx.remove('Location');
    ctx.status = 500;
    showError(ctx, { message: 'server_error' });
  }

  /** Once for each request: what fails first may fail again at its end. */
  #tell(visit: Visit, error: unknown): void {
    if (this.#told.has(visit)) return;
    this.#told.add(visit);
    tellTrouble(this.log, visit, error);
  }

  /** An outage is told as everywhere else: come back, at different times. */
  #tellToComeBack(ctx: KoaContextWithOIDC): void {
    const { body } = ctx;
    ctx.status = 503;
    ctx.body = typeof body === 'string' ? body : { error: 'temporarily_unavailable' };
    ctx.set('Retry-After', String(spread(this.random, 4)));
  }

  /** The session of our pages is the session. */
  async #signOut(ctx: KoaContextWithOIDC): Promise<void> {
    const session = hasSignedOut(ctx);
    if (!session) return;
    await this.sessions.signOut(session.id, session.accountId);
    const { 'Set-Cookie': cookie = '', ...headers } = visitOf(ctx).views.signedOutHeaders();
    ctx.append('Set-Cookie', cookie);
    ctx.set(headers);
  }
}

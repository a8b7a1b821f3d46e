import { Injectable } from '@nestjs/common';
import type { ClientMetadata } from 'oidc-provider';
import { Config } from '../../config/index.js';
import { digestOf } from '../../platform/crypto/digest.js';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { Clock } from '../../shared/clock.js';
import { DomainError } from '../../shared/domain-error.js';
import { Random } from '../../shared/random.js';
import { AuditTrail } from '../audit/index.js';
import { AppSignInsRepository } from './app-sign-ins.repository.js';
import { APP_CLIENT, checkSite, type NewSite, type SiteClient } from './client.js';
import { ClientsRepository, type StoredClient } from './clients.repository.js';
import { DEVICE_GRANT, WITHOUT_PKCE } from './names.js';

/** Any port of this machine, on one path (RFC 8252, 7.3). */
const LOOPBACK_REDIRECTS = ['http://127.0.0.1/callback', 'http://[::1]/callback'];

/** Who may ask for sign-ins: the operator's sites, and native apps. */
@Injectable()
export class Clients {
  constructor(
    private readonly clients: ClientsRepository,
    private readonly signIns: AppSignInsRepository,
    private readonly audit: AuditTrail,
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly config: Config,
  ) {}

  /**
   * Registers a site.
   *
   * @returns its secret: 64 hex digits, of which only a digest is kept (S-50)
   * @throws DomainError invalid, conflict
   */
  async add({ withoutPkce = false, ...site }: NewSite): Promise<string> {
    checkSite(site);
    const secret = this.random.hex(32);
    await this.unitOfWork.run(async () => {
      await this.unitOfWork.exclusive('clients');
      if (site.id === APP_CLIENT || (await this.clients.find(site.id))) throw clientExists(site.id);
      const createdAt = this.clock.now();
      await this.clients.add({ ...site, withoutPkce, createdAt, secretDigest: digestOf(secret) });
      const detail = withoutPkce ? `${site.id}, without PKCE` : site.id;
      await this.audit.record({ kind: 'client-added', outcome: 'ok', detail });
    });
    return secret;
  }

  /** The sites, oldest first. */
  all(): Promise<SiteClient[]> {
    return this.clients.all();
  }

  /** Removes a site, and ends what people have let in with it. @throws DomainError not-found */
  async remove(id: string): Promise<void> {
    await this.unitOfWork.run(async () => {
      if (!(await this.clients.remove(id))) throw clientUnknown(id);
      await this.signIns.removeOfClient(id);
      await this.audit.record({ kind: 'client-removed', outcome: 'ok', detail: id });
    });
  }

  /** What the authorization server knows of a client; read anew each time, so that commands take effect at once. */
  async metadataOf(id: string): Promise<ClientMetadata | undefined> {
    if (id === APP_CLIENT) return this.#ofApps();
    const site = id.length > 64 || id.includes('\0') ? null : await this.clients.find(id);
    return site ? ofSite(site) : undefined;
  }

  #ofApps(): ClientMetadata {
    return {
      client_id: APP_CLIENT,
      client_name: 'App',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token', DEVICE_GRANT],
      response_types: ['code'],
      redirect_uris: [...LOOPBACK_REDIRECTS, ...this.config.appRedirectUris],
    };
  }
}

function ofSite({
  id,
  name,
  redirectUris,
  signOutUris,
  withoutPkce,
  secretDigest,
}: StoredClient): ClientMetadata {
  return {
    client_id: id,
    client_name: name,
    // Compared with the digest of what is sent (`authorization-server`): the secret itself is nowhere.
    client_secret: secretDigest,
    application_type: 'web',
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: [...redirectUris],
    post_logout_redirect_uris: [...signOutUris],
    require_auth_time: true,
    [WITHOUT_PKCE]: withoutPkce,
  };
}

function clientExists(id: string): DomainError {
  return new DomainError('conflict', 'client-exists', `There is a client "${id}" already.`);
}

function clientUnknown(id: string): DomainError {
  return new DomainError('not-found', 'client-unknown', `There is no client "${id}".`);
}

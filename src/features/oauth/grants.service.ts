import { Injectable } from '@nestjs/common';
import type Provider from 'oidc-provider';
import type { Client, Grant } from 'oidc-provider';
import { Config } from '../../config/index.js';
import type { AccountId } from '../../shared/ids.js';
import type { AppSignIn } from './app-sign-in.js';
import { AppSignIns } from './app-sign-ins.service.js';
import { API_SCOPES, apiOf, IDENTITY_SCOPES, TOKEN_SCOPES } from './names.js';

/** What somebody allows, to whom. */
export interface Allowance {
  readonly accountId: string;
  /** Of the request. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly network: string;
  readonly deviceName: string;
}

/** Grants of oidc-provider and sign-ins of apps are one thing under one id. */
@Injectable()
export class Grants {
  constructor(
    private readonly signIns: AppSignIns,
    private readonly config: Config,
  ) {}

  /** The sign-in that a site has already; native apps have one for each device and always ask (RFC 8252, 8.6). */
  async ofSite(
    client: Pick<Client, 'clientId' | 'applicationType'>,
    accountId: string,
  ): Promise<AppSignIn | null> {
    if (client.applicationType === 'native') return null;
    const signIns = await this.signIns.of(accountId as AccountId);
    return signIns.find(({ clientId }) => clientId === client.clientId) ?? null;
  }

  /** Begins a sign-in with what was asked for, or widens the one that a site has. @returns id of the grant */
  async beginWithin(provider: Provider, client: Client, allowance: Allowance): Promise<string> {
    const asked = scopesIn(allowance.params);
    const known = await this.ofSite(client, allowance.accountId);
    const scopes = [...new Set([...(known?.scopes ?? []), ...asked])];
    const id = known?.id ?? (await this.#begin(client, allowance, scopes));
    if (known) await this.signIns.allowWithin(id, scopes);
    await this.#save(provider, { id, accountId: allowance.accountId, clientId: client.clientId, scopes });
    return id;
  }

  async #begin(client: Client, allowance: Allowance, scopes: readonly string[]): Promise<string> {
    const { accountId, network, deviceName } = allowance;
    const isSite = client.applicationType !== 'native';
    const signIn = await this.signIns.beginWithin({
      accountId: accountId as AccountId,
      clientId: client.clientId,
      appName: appNameOf(client, allowance.params),
      deviceName: isSite ? '' : deviceName === '' ? 'App' : deviceName,
      network,
      scopes,
    });
    return signIn.id;
  }

  async #save(
    provider: Provider,
    {
      id,
      accountId,
      clientId,
      scopes,
    }: Pick<AppSignIn, 'id' | 'clientId' | 'scopes'> & { accountId: string },
  ): Promise<void> {
    // The types leave the id out, which the constructor takes as every model's does.
    const given: ConstructorParameters<typeof Grant>[0] & { jti: string } = { jti: id, accountId, clientId };
    const grant = new provider.Grant(given);
    grant.addOIDCScope(scopes.filter((scope) => IDENTITY_SCOPES.includes(scope)));
    const forApi = scopes.filter((scope) => TOKEN_SCOPES.includes(scope));
    if (forApi.length > 0) grant.addResourceScope(apiOf(this.config), forApi);
    await grant.save();
  }
}

/** The scopes of a request that we know. */
export function scopesIn({ scope }: Readonly<Record<string, unknown>>): string[] {
  const asked = typeof scope === 'string' ? scope.split(' ') : [];
  return [...IDENTITY_SCOPES, ...API_SCOPES].filter((known) => asked.includes(known));
}

/** Native apps share one client and say themselves what they are called. */
export function appNameOf(
  client: Pick<Client, 'clientId' | 'clientName' | 'applicationType'>,
  { app_name: appName }: Readonly<Record<string, unknown>>,
): string {
  const isNamed = client.applicationType === 'native' && typeof appName === 'string' && appName !== '';
  return isNamed ? appName : (client.clientName ?? client.clientId);
}

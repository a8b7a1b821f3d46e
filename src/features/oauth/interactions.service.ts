import { Injectable } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Client, Interaction } from 'oidc-provider';
import { UnitOfWork } from '../../platform/database/unit-of-work.js';
import { SECOND } from '../../shared/clock.js';
import { DomainError } from '../../shared/domain-error.js';
import type { SignedInBrowser } from '../sessions/index.js';
import { AuthorizationServer } from './authorization-server.service.js';
import { appNameOf, Grants, scopesIn } from './grants.service.js';

/** A request of a browser that an app or site has sent to us. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** What somebody is asked, and for whom. */
export interface Asked {
  readonly appName: string;
  /** A site of the operator, or an app that says itself what it is called. */
  readonly isSite: boolean;
  /** Where the answer goes. */
  readonly redirectUri: string;
  readonly scopes: readonly string[];
}

/**
 * What comes next: sign in; type the password again; look and decide; or go on to `location`, as nothing is left to
 * ask.
 */
export type NextStep =
  | { readonly step: 'sign-in' | 'prove' | 'decide'; readonly asked: Asked }
  | { readonly step: 'go-on'; readonly location: string };

/** Reasons to sign in although somebody is signed in. */
const NEEDS_PASSWORD: readonly string[] = ['login_prompt', 'max_age'];

/** The request is for somebody else than who is signed in. */
const FOR_SOMEBODY_ELSE: readonly string[] = ['id_token_hint', 'claims_id_token_sub_value'];

/** What people are asked on our pages on behalf of the authorization server. */
@Injectable()
export class Interactions {
  constructor(
    private readonly server: AuthorizationServer,
    private readonly grants: Grants,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws DomainError gone `authorization-expired` */
  async next(exchange: Exchange, browser: SignedInBrowser | undefined): Promise<NextStep> {
    const interaction = await this.#of(exchange);
    const asked = await this.#asked(interaction);
    if (interaction.prompt.name !== 'login') return { step: 'decide', asked };
    if (!browser) return { step: 'sign-in', asked };
    const { reasons } = interaction.prompt;
    if (reasons.some((reason) => FOR_SOMEBODY_ELSE.includes(reason)))
      return this.#refuse(exchange, 'login_required');
    const signedInAt = Math.floor(browser.session.authenticatedAt / SECOND);
    const isFresh = signedInAt >= interaction.iat;
    if (reasons.some((reason) => NEEDS_PASSWORD.includes(reason)) && !isFresh)
      return { step: 'prove', asked };
    const login = { accountId: browser.account.id, ts: signedInAt };
    return { step: 'go-on', location: await this.#finish(exchange, { login }) };
  }

  /** The person allows what was asked. @throws DomainError as `next` */
  async allow(exchange: Exchange, { account, session }: SignedInBrowser): Promise<string> {
    const interaction = await this.#of(exchange);
    if (interaction.prompt.name !== 'consent' || interaction.session?.accountId !== account.id)
      throw expired();
    const client = await this.#clientOf(interaction);
    const provider = await this.server.provider();
    const { params } = interaction;
    const named = params['device_name'];
    return this.unitOfWork.run(async () => {
      const deviceName = typeof named === 'string' && named !== '' ? named : session.browser;
      const allowance = { accountId: account.id, params, network: session.network, deviceName };
      const grantId = await this.grants.beginWithin(provider, client, allowance);
      return this.#finish(exchange, { consent: { grantId } });
    });
  }

  /** The person says no; the app or site is told. @returns where to go on */
  async deny(exchange: Exchange): Promise<string> {
    await this.#of(exchange);
    return (await this.#refuse(exchange, 'access_denied')).location;
  }

  /** What is asked, by the id of the request; for pages that lie on the way. @throws DomainError as `next` */
  async askedIn(id: string): Promise<Asked> {
    const interaction = await (await this.server.provider()).Interaction.find(id);
    if (!interaction) throw expired();
    return this.#asked(interaction);
  }

  /** Where the answer to a request goes in the end, or null. */
  async redirectOf(id: string): Promise<string | null> {
    const interaction = await (await this.server.provider()).Interaction.find(id);
    return interaction ? redirectIn(interaction) : null;
  }

  async #refuse(exchange: Exchange, error: string): Promise<{ step: 'go-on'; location: string }> {
    const location = await this.#finish(exchange, {
      error,
      error_description: 'The person did not allow it.',
    });
    return { step: 'go-on', location };
  }

  async #finish({ request, response }: Exchange, result: object): Promise<string> {
    const provider = await this.server.provider();
    return provider.interactionResult(request, response, { ...result });
  }

  async #of({ request, response }: Exchange): Promise<Interaction> {
    const provider = await this.server.provider();
    try {
      return await provider.interactionDetails(request, response);
    } catch (error) {
      const { errors } = await import('./oidc.js');
      if (error instanceof errors.SessionNotFound) throw expired();
      throw error;
    }
  }

  async #asked(interaction: Interaction): Promise<Asked> {
    const client = await this.#clientOf(interaction);
    return {
      appName: appNameOf(client, interaction.params),
      isSite: client.applicationType !== 'native',
      redirectUri: redirectIn(interaction),
      scopes: scopesIn(interaction.params),
    };
  }

  /** @throws DomainError when the operator removed it meanwhile */
  async #clientOf({ params }: Interaction): Promise<Client> {
    const provider = await this.server.provider();
    const client = await provider.Client.find(String(params['client_id']));
    if (!client) throw expired();
    return client;
  }
}

function redirectIn({ params }: Interaction): string {
  return String(params['redirect_uri']);
}

function expired(): DomainError {
  return new DomainError(
    'gone',
    'authorization-expired',
    'This request is over. Start again in the app or site.',
  );
}
